import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { callbackKey, publicHalf } from './callback-key.ts'

test('every process over one directory signs by the same key, which its owner alone can read', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lading-callback-key-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const processes = [callbackKey(directory), callbackKey(directory), callbackKey(directory)]
  const [first, ...others] = await Promise.all(processes.map((key) => key()))
  for (const other of others) expect(other).toBe(first)
  expect(await callbackKey(directory)()).toBe(first)
  expect(await readdir(directory)).toEqual(['callback-key.pem'])
  expect((await stat(join(directory, 'callback-key.pem'))).mode & 0o777).toBe(0o600)
  expect(publicHalf(first ?? '')).toContain('BEGIN PUBLIC KEY')
})
