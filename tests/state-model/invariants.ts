/** What must hold in every state of the machine. */

import type { Actor, State } from './upload-machine.ts'

/** The first promise that the state breaks. */
export function brokenPromise(state: State): string | undefined {
  if (state.fault !== undefined) return state.fault
  const named = [...(state.object ?? [])]
  for (const upload of state.uploads) {
    const { open, parts, acknowledged, completed, aborted } = upload
    if (completed && aborted) return 'an upload that was completed and aborted'
    if (!open && parts.some((blob) => blob !== 0)) return 'an ended upload that holds a part'
    if (open && acknowledged.some((blob, at) => blob !== 0 && parts[at] !== blob)) {
      return 'an acknowledged part that is lost'
    }
    named.push(...parts.filter((blob) => blob !== 0))
  }
  if (named.some((blob) => !state.files.includes(blob))) return 'a row whose blob is gone'
  if (named.some((blob) => state.garbage.includes(blob))) return 'a row whose blob is garbage'
  if (named.some((blob) => !state.claimed.includes(blob))) return 'a row whose blob nobody claims'
  const kept = state.claimed.filter(
    (blob) => !named.includes(blob) && !state.garbage.includes(blob),
  )
  return kept.length > 0 ? 'a blob that nothing names and nobody will collect' : undefined
}

/**
 * Equal for states that differ only in the numbers of their blobs and in which actor does what; of
 * one machine, whose states spend the same budget.
 */
export function nameOf(state: State): string {
  const numbers = new Map<number, number>([[0, 0]])
  const number = (blob: number): number => {
    const known = numbers.get(blob)
    if (known !== undefined) return known
    numbers.set(blob, numbers.size)
    return numbers.size - 1
  }
  const sorted = (blobs: readonly number[]): number[] =>
    blobs.map(number).sort((left, right) => left - right)
  const rows = [
    state.uploads.map(({ open, parts, acknowledged, completed, aborted }) => [
      open,
      parts.map(number),
      acknowledged.map(number),
      completed,
      aborted,
    ]),
    state.object?.map(number),
  ]
  const actors = state.actors.map((actor) => ({ actor, shape: shapeOf(actor, numbers) }))
  actors.sort((left, right) => (left.shape < right.shape ? -1 : left.shape > right.shape ? 1 : 0))
  const busy = actors.map(({ actor }) => valuesOf(actor, number))
  const sets = [state.garbage, state.condemned, state.claimed, state.files].map(sorted)
  return JSON.stringify([rows, busy, sets, Object.values(state.budget), state.fault])
}

function valuesOf(actor: Actor, number: (blob: number) => number): unknown {
  switch (actor.does) {
    case 'nothing':
      return 0
    case 'put':
      return [1, actor.upload, actor.part, number(actor.blob)]
    case 'complete':
      return [2, actor.upload, actor.moved, actor.asked.map(number), actor.held.map(number)]
    case 'read':
      return [3, actor.left.map(number), actor.spared.map(number)]
    case 'collect':
      return [4, actor.step, number(actor.blob)]
  }
}

/** What tells actors apart before those of their blobs that are nowhere else have numbers. */
function shapeOf(actor: Actor, numbers: ReadonlyMap<number, number>): string {
  return JSON.stringify(actor, (_, value) =>
    typeof value === 'number' ? (numbers.get(value) ?? -1) : value,
  )
}
