/** From a journal to a verdict: every state that a cut may leave, or a sample of them, is opened and checked. */

import { Random } from '../support/random.ts'
import type { Checkers } from './checkers.ts'
import { fatesAt } from './crash-states.ts'
import { type Change, Disk, type DiskState, type Fates, type Snapshot } from './disk.ts'
import type { JournalEvent } from './journal.ts'
import { acknowledgedAfter, type Mark } from './ledger.ts'

export interface Recording {
  /** The directory that was recorded, as it was before. */
  readonly base: Snapshot
  readonly events: readonly JournalEvent[]
  /** Where the store lies in it, such as `data`. */
  readonly data: string
  /** Marks from before the recording, whose promises hold on. */
  readonly earlier: readonly Mark[]
}

export interface ExploreOptions {
  readonly checkers: Checkers
  readonly seed: number
  /** States that are opened at most; of more, a sample. */
  readonly most: number
  /** Violations after which it ends: a control that fails has done its work. Default 20. */
  readonly stopAfter?: number | undefined
  /** Syncs, and synchronous writes, that are taken as not having happened. */
  readonly omit?: ((event: JournalEvent) => boolean) | undefined
  /** Cuts only after changes of paths that fit. Default: after every one. */
  readonly within?: RegExp | undefined
}

export interface Exploration {
  /** States that differ in their bytes or in how much was acknowledged by then. */
  readonly distinct: number
  readonly checked: number
  readonly violations: readonly string[]
}

/** A disk that a cut may leave, and what had been said by then. */
export interface Cut {
  readonly state: DiskState
  readonly marks: readonly Mark[]
  /** Which cut it was, in words. */
  readonly what: string
}

export async function explore(recording: Recording, options: ExploreOptions): Promise<Exploration> {
  const { checkers, seed, most, stopAfter = 20, omit, within } = options
  const kept = omit
    ? { ...recording, events: recording.events.filter((one) => !omit(one)) }
    : recording
  const distinct = [...cutsOf(kept, seed, within)].length
  const chosen = chooser(distinct, most, new Random(seed))
  const violations: string[] = []
  const checking = new Set<Promise<unknown>>()
  let checked = 0
  for (const { state, marks, what } of cutsOf(kept, seed, within)) {
    if (!chosen()) continue
    if (violations.length >= stopAfter) break
    checked += 1
    const acknowledged = acknowledgedAfter([...recording.earlier, ...marks])
    const check = checkers.check(state, { data: recording.data, acknowledged }).then((problems) => {
      violations.push(...problems.slice(0, 1).map((problem) => `${problem}; ${what}`))
      checking.delete(check)
    })
    checking.add(check)
    if (checking.size >= 8) await Promise.race(checking)
  }
  await Promise.all(checking)
  return { distinct, checked, violations }
}

/**
 * Each disk that a cut may leave, once. Of equal ones with as many acknowledgements the earliest, when
 * least had been asked for: whatever is legal then is legal later.
 */
export function* cutsOf(
  { base, events }: Recording,
  seed: number,
  within = /(?:)/,
): Generator<Cut> {
  const disk = new Disk(base)
  const random = new Random(seed)
  const seen = new Set<string>()
  const marks: Mark[] = []
  let told = 0
  let point = 0
  let last = 'the beginning'
  const cuts = function* (): Generator<Cut> {
    for (const fates of fatesAt(disk, random)) {
      const state = disk.cut(fates)
      const key = `${told} ${state.hash}`
      if (seen.has(key)) continue
      seen.add(key)
      const what = `cut ${point}, after ${last}, ${wordsOf(disk.pending, fates)}`
      yield { state, marks: [...marks], what }
    }
  }
  yield* cuts()
  for (const event of events) {
    point += 1
    if (event.kind === 'mark') {
      const mark = JSON.parse(event.text) as Mark
      marks.push(mark)
      last = event.text
      if (!('told' in mark)) continue
      told += 1
    } else {
      disk.take(event)
      last = `${event.kind} ${event.path.slice(base.path.length + 1)}`
      if (!addsStates.has(event.kind) || !within.test(event.path)) continue
    }
    yield* cuts()
  }
}

/** After any other event what may be there is the same, or less. */
const addsStates: ReadonlySet<JournalEvent['kind']> = new Set([
  'write',
  'truncate',
  'create',
  'mkdir',
  'unlink',
  'rmdir',
  'rename',
  'link',
])

/** Says of `count` things, one after another, whether each is among the `most` that are drawn. */
function chooser(count: number, most: number, random: Random): () => boolean {
  let left = count
  let wanted = Math.min(most, count)
  return () => {
    const isChosen = random.next() * left < wanted
    left -= 1
    if (isChosen) wanted -= 1
    return isChosen
  }
}

function wordsOf(pending: readonly Change[], fates: Fates): string {
  const changed = pending.flatMap((change) => {
    const fate = fates.get(change)
    if (fate === undefined || fate === 'keep') return []
    return [fate === 'drop' ? `without ${change.label}` : `with ${fate.name} of ${change.label}`]
  })
  if (changed.length === 0) return 'with all that was pending'
  const more = changed.length > 6 ? ` and ${changed.length - 6} more` : ''
  return `${changed.slice(0, 6).join(', ')}${more}`
}
