/** Every state that a power cut may leave, or a sample of them, opened by the real store. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { reportFigure } from '../support/figures.ts'
import { Random, seedFromEnvironment } from '../support/random.ts'
import { Checkers } from './checkers.ts'
import { cutsOf, type ExploreOptions, explore, type Recording } from './explore.ts'
import { marksOfOlder, unpackOlder } from './older-directory.ts'
import { emptyStore, record, recordWith } from './record.ts'
import { canRecord } from './recorder.ts'
import { serveWithTwoWorkers } from './two-workers.ts'

/** States of one script that are opened. */
const MOST = process.env.LADING_PROOF ? 1_500 : process.env.CI ? 240 : 30

const seed = seedFromEnvironment()

const recordings: Record<string, () => Promise<Recording>> = {
  'first start': () => record('first start', { seed }),
  'initiate, parts, complete': () =>
    record('initiate, parts, complete', { seed, prepare: emptyStore }),
  overwrite: () => record('overwrite', { seed, prepare: emptyStore }),
  abort: () => record('abort', { seed, prepare: emptyStore }),
  'delete and collection': () => record('delete and collection', { seed, prepare: emptyStore }),
  'parallel parts': () => record('parallel parts', { seed, prepare: emptyStore }),
  'small objects': () => record('small objects', { seed, prepare: emptyStore }),
  versioning: () => record('versioning', { seed, prepare: emptyStore }),
  'lifecycle expiry': () => record('lifecycle expiry', { seed, prepare: emptyStore }),
  'two workers': () =>
    recordWith({ prepare: emptyStore }, async ({ directory, ...places }) => {
      await serveWithTwoWorkers(directory, { ...places, seed })
      return { whole: true }
    }),
  migration: async () =>
    record('migration', { seed, prepare: unpackOlder, earlier: await marksOfOlder() }),
  'restart after recovery': () => restartAfter('parallel parts'),
  'restart of a collection': () => restartAfter('delete and collection'),
}

/** Goes on from a disk that a cut has left late in another script. */
async function restartAfter(
  script: 'parallel parts' | 'delete and collection',
): Promise<Recording> {
  const first = await record(script, { seed, prepare: emptyStore })
  const cuts = [...cutsOf(first, seed)]
  const late = cuts.slice(Math.floor(cuts.length / 2))
  const cut = late[new Random(seed).between(0, late.length - 1)]
  if (!cut) throw new Error(`The script "${script}" left nothing to cut.`)
  return await record('restart after recovery', { seed, before: cut.state, earlier: cut.marks })
}

let checkers: Checkers

beforeAll(() => {
  checkers = new Checkers()
})

afterAll(() => checkers.close())

test.runIf(canRecord).each(Object.keys(recordings))(
  'whatever a power cut leaves of: %s - all that was acknowledged is there, and nothing half-made',
  { timeout: 3_600_000 },
  async (name) => {
    const recording = await recordings[name]?.()
    if (!recording) throw new Error(`There is no recording ${name}.`)
    const options: ExploreOptions = { checkers, seed, most: MOST }
    const { distinct, checked, violations } = await explore(recording, options)
    console.log(`${name}: seed ${seed}, ${distinct} states, of which ${checked} were opened`)
    reportFigure('distinct states opened', checked)
    reportFigure('violations', violations.length)
    expect(violations, `seed ${seed}`).toEqual([])
    expect(checked).toBeGreaterThanOrEqual(20)
  },
)
