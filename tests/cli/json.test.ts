import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bench, type Outcome } from './lading.ts'

/** The events, one a line and nothing between them. */
function linesOf({ stdout }: Outcome): Record<string, unknown>[] {
  const text = stdout.toString()
  expect(text === '' || text.endsWith('\n')).toBe(true)
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const event = JSON.parse(line) as Record<string, unknown>
      expect(event).toMatchObject({ event: expect.stringMatching(/^[a-z-]+$/) })
      return event
    })
}

test('with --json every command tells its events, one a line, and no words', async () => {
  const table = await bench({ bucket: false })
  await mkdir(join(table.directory, 'tree'))
  await writeFile(join(table.directory, 'tree/a\nb'), 'a name of two lines')
  const told: (readonly [args: readonly string[], ...events: string[]])[] = [
    [['mb', 'oss://films'], 'bucket-made'],
    [['cp', '-r', 'tree', 'oss://films/t'], 'started', 'progress', 'copied', 'finished'],
    [['cp', '-r', 'tree', 'oss://films/t', '-u'], 'skipped', 'finished'],
    [['sync', 'tree', 'oss://films/s', '-n'], 'would-copy', 'dry-run'],
    [['ls'], 'bucket'],
    [['ls', 'oss://films'], 'prefix'],
    [['ls', '-r', 'oss://films'], 'object'],
    [['ls', '-r', '--all-versions', 'oss://films'], 'version'],
    [['stat', 'oss://films'], 'bucket'],
    [['stat', 'oss://films/t/a\nb'], 'object'],
    [['du', 'oss://films'], 'usage'],
    [['mkdir', 'oss://films/new'], 'folder-made'],
    [['presign', 'oss://films/x'], 'presigned'],
    [['hash', 'tree/a\nb'], 'hash'],
    [['bench', 'oss://films', '--size', '1K'], 'bench'],
    [['uploads', 'ls', 'oss://films']],
    [['uploads', 'abort', 'oss://films', '--all']],
    [['resume', '--list']],
    [['rm', 'oss://films/new/'], 'object-removed'],
    [['rm', '-r', '-n', 'oss://films'], 'would-remove'],
    [['config', '-e', 'http://h', '-i', 'id', '-k', 'hush', '-c', 'mine'], 'configured'],
    [['rb', '--force', 'oss://films'], 'bucket-removed'],
  ]
  for (const [args, ...events] of told) {
    const outcome = await table.run([...args, '--json'])
    expect({ args, status: outcome.status, stderr: outcome.stderr }).toEqual({
      args,
      status: 0,
      stderr: '',
    })
    expect(
      linesOf(outcome).map(({ event }) => event),
      args.join(' '),
    ).toEqual(events)
  }
})

test('with --json what fails is an event too, told once, and words stay on stderr', async () => {
  const { run } = await bench()
  for (const args of [
    ['ls', 'oss://nowhere'],
    ['stat', 'oss://films/nothing'],
    ['du', 'oss://nowhere'],
    ['rm', 'oss://films/nothing'],
    ['uploads', 'parts', 'oss://films/nothing'],
    ['cp', 'oss://films/nothing', 'here'],
    ['cp', '-r', 'nothing', 'oss://films'],
    ['sync', 'nothing', 'oss://films'],
  ]) {
    const outcome = await run([...args, '--json'])
    expect(outcome.status, args.join(' ')).toBe(4)
    expect(linesOf(outcome), args.join(' ')).toMatchObject([{ event: 'failed', exitCode: 4 }])
    expect(outcome.stderr).toMatch(/^lading: /)
  }
  const cat = await run(['cat', 'oss://films/nothing', '--json'])
  expect(cat.stdout.toString()).toBe('')
  expect(cat.stderr).toMatch(/^\{"event":"failed",.*\}\nlading: /)
})
