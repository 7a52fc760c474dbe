/** Which states a power cut may leave: at every point of a journal, what was pending kept, dropped or torn. */

import type { Random } from '../support/random.ts'
import type { Change, Disk, Fate, Fates, Torn } from './disk.ts'

/** Up to so many pending changes every subset is taken; above, a sample. */
const ALL_SUBSETS = 6

/** Sampled subsets where not all are taken. */
const SAMPLES = 20

/** Pending changes that are dropped alone, and kept alone, where not all subsets are taken. */
const SINGLES = 16

/** Bytes of one sector, which is written whole or not at all. */
const SECTOR = 512

/** Writes that are torn at one point; the newest are the ones that no other point has. */
const TORN_WRITES = 4

/** Every way in which what is pending now may have reached the disk, or as many as are sampled. */
export function* fatesAt({ pending }: Disk, random: Random): Generator<Fates> {
  yield new Map()
  if (pending.length === 0) return
  yield* subsets(pending, random)
  const large = pending.filter(({ bytes }) => bytes > SECTOR)
  for (const change of large.slice(-TORN_WRITES)) {
    for (const torn of tears(random)) {
      yield new Map([[change, torn]])
      yield dropping(pending, (other) => other !== change, [[change, torn]])
      yield dropping(pending, (other) => other !== change && random.chance(0.5), [[change, torn]])
    }
  }
}

function* subsets(pending: readonly Change[], random: Random): Generator<Fates> {
  if (pending.length <= ALL_SUBSETS) {
    for (let bits = 1; bits < 2 ** pending.length; bits += 1) {
      const dropped = new Set(pending.filter((_, at) => bits & (1 << at)))
      yield dropping(pending, (change) => dropped.has(change))
    }
    return
  }
  yield dropping(pending, () => true)
  yield dropping(pending, ({ what }) => what === 'name')
  yield dropping(pending, ({ what }) => what !== 'name')
  for (const change of some(pending, random)) {
    yield dropping(pending, (other) => other === change)
    yield dropping(pending, (other) => other !== change)
    // All that was done before it, and nothing that was done after.
    yield dropping(pending, (other) => other.number > change.number)
  }
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const chance = random.next()
    yield dropping(pending, () => random.chance(chance))
  }
}

function some(pending: readonly Change[], random: Random): readonly Change[] {
  if (pending.length <= SINGLES) return pending
  // The newest half for certain: the older ones were pending at earlier points too.
  const newest = pending.slice(-SINGLES / 2)
  const older = pending.slice(0, -SINGLES / 2)
  const drawn = Array.from(
    { length: SINGLES / 2 },
    () => older[random.between(0, older.length - 1)],
  )
  return [...newest, ...new Set(drawn.filter((change) => change !== undefined))]
}

function dropping(
  pending: readonly Change[],
  isDropped: (change: Change) => boolean,
  others: readonly (readonly [Change, Fate])[] = [],
): Fates {
  const fates = new Map<Change, Fate>()
  for (const change of pending) if (isDropped(change)) fates.set(change, 'drop')
  for (const [change, fate] of others) fates.set(change, fate)
  return fates
}

function tears(random: Random): Torn[] {
  const seed = random.between(1, 2 ** 31)
  return [
    { name: 'head', keeps: (sector, sectors) => sector < sectors / 2 },
    { name: 'tail', keeps: (sector, sectors) => sector >= sectors / 2 },
    { name: 'all but the first', keeps: (sector) => sector > 0 },
    // Of the seed and the sector alone, so that a state can be made again.
    {
      name: `some (${seed})`,
      keeps: (sector) => (Math.imul(seed ^ sector, 0x9e3779b1) >>> 16) % 2 === 0,
    },
  ]
}
