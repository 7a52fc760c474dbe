/** Names in the order in which the service lists keys, and two such lists side by side. */

export interface Named {
  readonly name: string
}

/** By their bytes in UTF-8, as OSS orders keys: less than 0 when `left` comes first. */
export function compareNames(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  for (let at = 0; at < length; at += 1) {
    const [one, other] = [left.charCodeAt(at), right.charCodeAt(at)]
    if (one !== other) return rank(one) - rank(other)
  }
  return left.length - right.length
}

/** UTF-16 has what lies beyond U+FFFF, written as two surrogates, before U+E000; UTF-8 has not. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}

/**
 * What either list has, both where they have the same name. Of each list no more than one entry is
 * held at a time.
 *
 * @throws {Error} when a list is not in order: what only seems to be missing must not be acted upon.
 */
export async function* sideBySide<Left extends Named, Right extends Named>(
  left: AsyncIterator<Left, void>,
  right: AsyncIterator<Right, void>,
): AsyncGenerator<readonly [Left | undefined, Right | undefined], void, void> {
  let one = await next(left, undefined)
  let other = await next(right, undefined)
  while (one || other) {
    const order = !one ? 1 : !other ? -1 : compareNames(one.name, other.name)
    const [takesOne, takesOther] = [order <= 0, order >= 0]
    yield [takesOne ? one : undefined, takesOther ? other : undefined]
    if (takesOne) one = await next(left, one)
    if (takesOther) other = await next(right, other)
  }
}

async function next<Entry extends Named>(
  list: AsyncIterator<Entry, void>,
  before: Entry | undefined,
): Promise<Entry | undefined> {
  const { done, value } = await list.next()
  if (done) return undefined
  if (before && compareNames(before.name, value.name) >= 0) {
    throw new Error(`${value.name} is listed after ${before.name}, which is not in order`)
  }
  return value
}
