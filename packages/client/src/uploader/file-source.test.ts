import { mkdtemp, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { fileSource } from './file-source.ts'

test.each([
  ['other bytes of the same length', (path: string) => writeFile(path, 'other')],
  [
    'such a write after which its time was set back',
    async (path: string) => {
      const { atime, mtime } = await stat(path)
      await writeFile(path, 'other')
      await utimes(path, atime, mtime)
    },
  ],
  [
    'another file in its place',
    async (path: string) => {
      await writeFile(`${path}.new`, 'bytes')
      await rename(`${path}.new`, path)
    },
  ],
  ['no file in its place', (path: string) => rm(path)],
])('a file that is being uploaded has changed by %s', async (_, change) => {
  const directory = await mkdtemp(join(tmpdir(), 'lading-source-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const path = join(directory, 'file')
  await writeFile(path, 'bytes')
  // A clock of the file system may stand still for some milliseconds.
  await utimes(path, new Date(0), new Date(0))
  const source = await fileSource(path)
  onTestFinished(() => source.close())
  await source.requireUnchanged?.()
  await change(path)
  await expect(source.requireUnchanged?.()).rejects.toThrow(/changed/)
})
