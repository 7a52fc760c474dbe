/**
 * kill -9 of the client while it uploads a real file: the next run sends only what is missing, and the
 * object is right every time.
 *
 * `LADING_KILL_ROUNDS` says how often it is killed.
 */

import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { Random, seedFromEnvironment } from '../support/random.ts'
import { until } from '../support/until.ts'
import { PARTS, type Port, startPort } from './killed-uploads.ts'

const seed = seedFromEnvironment()
const ROUNDS = Number(process.env.LADING_KILL_ROUNDS ?? (process.env.CI ? 20 : 3))
const AT_ONCE = 2
const hook = fileURLToPath(new URL('kill-at-call.cjs', import.meta.url))
const timeout = 60_000 + ROUNDS * 15_000

test(`${ROUNDS} kills at random moments cost no part that was stored, and the object is right every time`, {
  timeout,
}, async () => {
  const port = await startPort()
  const random = new Random(seed)
  const moments = Array.from({ length: ROUNDS }, () => ({
    // Before anything, while parts go up, or when all are there.
    parts: random.between(-4, PARTS),
    ms: random.between(0, 8),
  }))
  const broken: string[] = []
  const stored: number[] = []
  let killed = 0
  await forEach(moments, async ({ parts, ms }, index) => {
    const key = `random-${index}`
    const run = port.start(key)
    const isThere = (): boolean => storedParts(key) >= parts
    if (parts < 0) await after(-parts * 60 + ms)
    else await Promise.race([until(isThere), run.ended])
    await after(ms)
    run.child.kill('SIGKILL')
    if ((await run.ended) === null) killed += 1
    stored.push((await port.held(key)).parts.size)
    broken.push(...(await port.finish(key)))
  })
  console.log(
    `kill -9 of the client: seed ${seed}, ${ROUNDS} rounds, ${killed} before its end; of ${PARTS} parts ` +
      `${Math.min(...stored)} to ${Math.max(...stored)} were stored by then`,
  )
  expect(broken, `seed ${seed}`).toEqual([])
  expect(killed).toBeGreaterThan(ROUNDS / 2)

  function storedParts(key: string): number {
    return port
      .answered(key)
      .filter(({ operation, status }) => operation === 'UploadPart' && status === 200).length
  }
})

test('a kill at any call that touches the checkpoint or its lock costs nothing either', {
  timeout: 600_000,
}, async () => {
  const port = await startPort()
  const calls = await callsOf(port, 'calls')
  expect(calls).toEqual(expect.arrayContaining(['open wx', 'writeFile', 'sync', 'rename', 'rm']))
  const moments = calls.flatMap((call, index) => {
    const at = index + 1
    return [`${at}`, `${at}+`, ...(call === 'writeFile' ? [`${at}~`] : [])]
  })
  const chosen = ROUNDS < moments.length && !process.env.CI ? sample(moments, ROUNDS) : moments
  const broken: string[] = []
  await forEach(chosen, async (moment) => {
    const key = `call-${moment.replace('+', 'after').replace('~', 'middle')}`
    const code = await port.start(key, await hooked(port, key, { LADING_KILL_AT: moment })).ended
    if (code !== null) broken.push(`${key}: it was not killed`)
    broken.push(...(await port.finish(key)))
  })
  console.log(
    `kill -9 at the checkpoint: seed ${seed}, ${chosen.length} of ${moments.length} moments around ${calls.join(', ')}`,
  )
  expect(broken, `seed ${seed}`).toEqual([])
})

/** The calls of an upload that nobody disturbs. */
async function callsOf(port: Port, key: string): Promise<readonly string[]> {
  const env = await hooked(port, key, {})
  const list = join(port.checkpointsOf(key), '..', 'calls.txt')
  expect(await port.start(key, { ...env, LADING_CALLS_TO: list }).ended).toBe(0)
  return (await readFile(list, 'utf8')).split('\n')
}

async function hooked(port: Port, key: string, env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const directory = port.checkpointsOf(key)
  await mkdir(directory, { recursive: true })
  return { ...env, LADING_KILL_IN: directory, NODE_OPTIONS: `--require ${hook}` }
}

function sample(moments: readonly string[], count: number): readonly string[] {
  const random = new Random(seed + 1)
  const left = [...moments]
  return Array.from(
    { length: count },
    () => left.splice(random.between(0, left.length - 1), 1)[0] ?? '',
  )
}

async function forEach<Item>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  const left = items.map((item, index) => ({ item, index }))
  async function drain(): Promise<void> {
    for (let next = left.shift(); next; next = left.shift()) await work(next.item, next.index)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, drain))
}
