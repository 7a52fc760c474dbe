import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { lockFile } from './lock-file.ts'

async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lading-lock-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return directory
}

/** What a process of this machine that is no more has left in its lock. */
function dead(token: string): string {
  return JSON.stringify({ pid: 2 ** 30, host: hostname(), started: '1', token })
}

test.each([
  ['a dead lock', {}],
  ['a dead lock, and a dead process that was taking it over', { 'lock.after-one': dead('two') }],
  [
    'a dead lock, and two that died one after the other taking it over',
    { 'lock.after-one': dead('two'), 'lock.after-two': dead('three') },
  ],
])('of many that find %s one holds it, and leaves nothing else', async (_, left) => {
  const directory = await temporary()
  const path = join(directory, 'lock')
  for (let round = 0; round < 40; round += 1) {
    for (const [name, text] of Object.entries({ lock: dead('one'), ...left })) {
      await writeFile(join(directory, name), text)
    }
    const tries = await Promise.allSettled(
      Array.from({ length: 8 }, async (_, after) => {
        // At steps of their own, so that one looks where another one has just been.
        for (let turn = 0; turn < (after * round) % 23; turn += 1) await nextTurn()
        return await lockFile(path)
      }),
    )
    const locks = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    expect(locks).toHaveLength(1)
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: process.pid })
    expect(await readdir(directory)).toEqual(['lock'])
    for (const lock of locks) await lock.release()
    expect(await readdir(directory)).toEqual([])
  }
})
