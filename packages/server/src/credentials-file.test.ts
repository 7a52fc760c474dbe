import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { keepCredentials } from './credentials-file.ts'

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'lading-'))
  onTestFinished(() => rm(path, { recursive: true }))
  return path
}

test('a key pair is made once, kept, and readable by its owner alone', async () => {
  const path = await directory()
  const first = await keepCredentials(path)
  const second = await keepCredentials(path)
  expect(first.made).toBe(true)
  expect(second).toEqual({ credentials: first.credentials, made: false })
  expect((await stat(join(path, 'credentials.json'))).mode & 0o777).toBe(0o600)
})

test('processes that begin at once get the same pair, and one of them has made it', async () => {
  const path = await directory()
  const all = await Promise.all(Array.from({ length: 8 }, () => keepCredentials(path)))
  expect(new Set(all.map(({ credentials }) => credentials.accessKeySecret)).size).toBe(1)
  expect(all.filter(({ made }) => made)).toHaveLength(1)
  expect(await readdir(path)).toEqual(['credentials.json'])
})

test('a file that is not understood is refused, not replaced, and not quoted', async () => {
  const path = await directory()
  await writeFile(join(path, 'credentials.json'), '{"version":2,"secret":"hush"}')
  await expect(keepCredentials(path)).rejects.toThrow('credentials.json does not hold')
  await expect(keepCredentials(path)).rejects.not.toThrow('hush')
})
