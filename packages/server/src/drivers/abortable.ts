/** Makes any byte stream stop when a signal says so, even while it waits for a producer. */

/**
 * Yields what `bytes` yields until `signal` aborts, then rejects with its reason. The producer is
 * told to stop either way, but nobody waits for one that was aborted: it may never answer.
 */
export async function* abortable(
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (signal === undefined) {
    yield* bytes
    return
  }
  signal.throwIfAborted()
  const producer = bytes[Symbol.asyncIterator]()
  let refuse: ((reason: unknown) => void) | undefined
  const stop = (): void => refuse?.(signal.reason)
  signal.addEventListener('abort', stop)
  let ended = false
  try {
    for (;;) {
      signal.throwIfAborted()
      // A promise a step, not a race with one long-lived promise: that would keep every chunk alive.
      const step = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        refuse = reject
        producer.next().then(resolve, (error: unknown) => {
          ended = true
          reject(error)
        })
      })
      if (step.done) {
        ended = true
        signal.throwIfAborted()
        return
      }
      yield step.value
    }
  } finally {
    signal.removeEventListener('abort', stop)
    if (!ended) {
      const returned = producer.return?.()
      if (signal.aborted) returned?.catch(() => {})
      else await returned
    }
  }
}
