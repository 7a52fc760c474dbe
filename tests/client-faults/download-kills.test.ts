/** kill -9 of a download: at random moments, while the checkpoint is written, and when the file gets its name. */

import { expect, onTestFinished, test } from 'vitest'
import { Random, seedFromEnvironment } from '../support/random.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { type KillRound, killStage, randomMoment } from './download-kills.ts'

const rounds = Number(process.env.LADING_KILL_ROUNDS ?? (process.env.CI ? 20 : 4))
const seed = seedFromEnvironment()

test(`after kill -9 the next run fetches only what is missing, ${rounds} times (seed ${seed})`, async () => {
  const random = new Random(seed)
  const stage = await killStage(await temporaryDirectory(), random)
  onTestFinished(() => stage.close())
  // Each kind of moment, and then as chance will have it.
  const moments = [
    { kind: 'bytes', after: random.between(500_000, 2_000_000) },
    { kind: 'checkpoint', after: random.between(6, 20) },
    { kind: 'name' },
    ...Array.from({ length: Math.max(0, rounds - 3) }, () => randomMoment(random)),
  ] as const
  const done: KillRound[] = []
  for (const moment of moments.slice(0, rounds)) {
    const round = await stage.round(moment)
    expect(round.broken, `seed ${seed}, ${JSON.stringify(moment)}`).toEqual([])
    done.push(round)
  }
  expect(done.filter(({ killed }) => killed).length).toBeGreaterThanOrEqual(rounds / 2)
  expect(done.filter(({ kept }) => kept > 0).length).toBeGreaterThan(0)
}, 1_800_000)
