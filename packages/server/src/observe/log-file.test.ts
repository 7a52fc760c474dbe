import { mkdir, mkdtemp, readFile, rename, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { canMount, mountSmallDisk } from '../drivers/small-disk.contract.ts'
import { openLogFile } from './log-file.ts'

const mountable = canMount()

async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lading-log-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

test('lines are appended in order, after those that are there', async () => {
  const path = join(await temporary(), 'access.log')
  for (const run of ['a', 'b']) {
    const log = await openLogFile(path)
    for (let line = 0; line < 3; line++) log.write(`${run}${line}\n`)
    await log.close()
  }
  expect(await readFile(path, 'utf8')).toBe('a0\na1\na2\nb0\nb1\nb2\n')
})

test('reopened, it leaves the file that was moved away and begins a new one', async () => {
  const directory = await temporary()
  const path = join(directory, 'access.log')
  const log = await openLogFile(path)
  log.write('before\n')
  await rename(path, join(directory, 'access.log.1'))
  await log.reopen()
  log.write('after\n')
  await log.close()
  expect(await readFile(join(directory, 'access.log.1'), 'utf8')).toBe('before\n')
  expect(await readFile(path, 'utf8')).toBe('after\n')
})

test('when the new file cannot be opened, the old one is written on', async () => {
  const directory = await temporary()
  const path = join(directory, 'access.log')
  const log = await openLogFile(path)
  await rename(path, join(directory, 'access.log.1'))
  await mkdir(path)
  await log.reopen()
  log.write('still\n')
  await log.close()
  expect(await readFile(join(directory, 'access.log.1'), 'utf8')).toBe('still\n')
  await rmdir(path)
})

test('a log in a directory that is not there is refused at once', async () => {
  await expect(openLogFile(join(await temporary(), 'none', 'access.log'))).rejects.toThrow('ENOENT')
})

test.runIf(mountable)(
  `on a full disk lines wait, those too many are counted, and none is torn${mountable ? '' : ' (not run: needs root on Linux to mount a small disk)'}`,
  async () => {
    const disk = mountSmallDisk(1_024)
    onTestFinished(() => disk.remove())
    const path = join(disk.path, 'access.log')
    const log = await openLogFile(path)
    const line = (n: number): string => `${JSON.stringify({ n, filler: 'x'.repeat(1_000) })}\n`
    const written = 10_000
    for (let n = 0; n < written; n++) {
      log.write(line(n))
      if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    disk.resize(64 * 1_024)
    log.write(line(written))
    await log.close()
    const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1)
    const rows = lines.map((text) => JSON.parse(text) as { n?: number; lines?: number })
    const kept = rows.flatMap(({ n }) => n ?? [])
    const lost = rows.reduce((sum, { lines: count = 0 }) => sum + count, 0)
    expect(kept).toEqual([...kept].sort((a, b) => a - b))
    expect(new Set(kept).size).toBe(kept.length)
    expect(lost).toBeGreaterThan(0)
    expect(kept.length + lost).toBe(written + 1)
  },
)
