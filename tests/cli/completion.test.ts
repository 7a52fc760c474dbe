import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { COMMAND } from '../support/serve-process.ts'
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

test('bash completes buckets, folders and keys, and runs nothing that a key says', async () => {
  const table = await bench()
  const { run, directory, environment } = table
  await writeFile(join(directory, 'lading.bash'), (await run(['completion', 'bash'])).stdout)
  await table.file('a', 1)
  for (const key of ['raw/a', 'rest', '$(touch ran)', '电影 1.mov']) {
    await run(['cp', 'a', `oss://films/${key}`])
  }
  const complete = async (address: string): Promise<string[]> => {
    const { stdout } = await promisify(execFile)(
      'bash',
      [
        '-c',
        `source lading.bash
        lading() { "$NODE" "$COMMAND" "$@"; }
        COMP_LINE="lading ls $1"; COMP_POINT=\${#COMP_LINE}
        COMP_WORDS=(lading ls oss : "\${1#oss:}"); COMP_CWORD=4; _lading
        printf "%s\\n" "\${COMPREPLY[@]}"`,
        'bash',
        address,
      ],
      {
        cwd: directory,
        encoding: 'utf8',
        env: { ...environment, NODE: process.execPath, COMMAND, LC_ALL: 'C.UTF-8' },
      },
    )
    return stdout.split('\n').filter((word) => word !== '')
  }
  expect(await complete('oss://fi')).toEqual(['//films'])
  expect(await complete('oss://films/r')).toEqual(['//films/raw/', '//films/rest'])
  expect(await complete('oss://films/')).toContain('//films/电影\\ 1.mov')
  expect(await complete('oss://films/$')).toEqual(['//films/\\$\\(touch\\ ran\\)'])
  expect(existsSync(join(directory, 'ran'))).toBe(false)
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
