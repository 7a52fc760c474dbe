/** Whether a stream is short, without losing it when it is not. */

/** All of a short stream, or a long one from its beginning. */
export type Beginning =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array }
  | { readonly kind: 'more'; readonly bytes: AsyncIterableIterator<Uint8Array> }

/** Reads until more than `limit` bytes have come, or their end. */
export async function readBeginning(
  bytes: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<Beginning> {
  const source = bytes[Symbol.asyncIterator]()
  let whole: Uint8Array = new Uint8Array(0)
  for (;;) {
    const { done, value: chunk } = await source.next()
    if (done) return { kind: 'whole', bytes: whole }
    if (whole.length + chunk.length > limit)
      return { kind: 'more', bytes: behind([whole, chunk], source) }
    // A copy, because the chunk may be used again once the next is asked for.
    whole = new Uint8Array(Buffer.concat([whole, chunk]))
  }
}

/** Not a generator: one that nobody began to read would not end its source. */
function behind(
  read: Uint8Array[],
  source: AsyncIterator<Uint8Array>,
): AsyncIterableIterator<Uint8Array> {
  return {
    async next() {
      const value = read.shift()
      return value ? { value, done: false } : await source.next()
    },
    async return() {
      await source.return?.()
      return { value: undefined, done: true }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
