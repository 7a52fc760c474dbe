import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bench } from './lading.ts'

test('bash completes commands, flags and their values', async () => {
  const { run, directory } = await bench({ bucket: false })
  const { status, stdout } = await run(['completion', 'bash'])
  expect(status).toBe(0)
  const script = join(directory, 'lading.bash')
  await writeFile(script, stdout)
  const complete = (...words: string[]): string[] =>
    execFileSync(
      'bash',
      [
        '-c',
        `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lading; printf "%s\\n" "\${COMPREPLY[@]}"`,
        'bash',
        script,
        'lading',
        ...words,
      ],
      { encoding: 'utf8' },
    )
      .split('\n')
      .filter((word) => word !== '')
  expect(complete('c')).toEqual(['cp', 'cat', 'config', 'completion'])
  expect(complete('cp', '--part')).toEqual(['--part-size'])
  expect(complete('cp', '-r', 'a b', '--exc')).toEqual(['--exclude'])
  expect(complete('uploads', '')).toEqual(['ls', 'parts', 'abort'])
  expect(complete('uploads', 'abort', 'oss://films', '--old')).toEqual(['--older-than'])
  expect(complete('presign', 'oss://films/a', '--method', 'P')).toEqual(['PUT'])
  expect(complete('cp', '')).toEqual([])
})

test.each(['bash', 'zsh', 'fish'])('the script for %s knows every command', async (shell) => {
  const { run } = await bench({ bucket: false })
  const { status, stdout, stderr } = await run(['completion', shell])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  for (const word of ['sync', 'resume', 'checksum', 'older-than', 'path cname']) {
    expect(stdout.toString().replaceAll("' '", ' ')).toContain(word)
  }
})

test('a shell that nobody knows is a mistake in the command line', async () => {
  const { run } = await bench({ bucket: false })
  expect(await run(['completion', 'tcsh'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('Allowed choices are bash, zsh, fish.'),
  })
})
