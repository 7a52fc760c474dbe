/** The whole body of an answer, in one piece. */

import { Readable } from 'node:stream'

/**
 * @throws what the stream throws; `signal.reason`; {Error} with the code `ECONNRESET` when it ends before
 *   `length` bytes.
 */
export async function readBody(
  body: unknown,
  length: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (!(body instanceof Readable)) throw new TypeError('The engine has answered without a body.')
  const all = new Uint8Array(length)
  let at = 0
  const end = (): void => {
    body.destroy(signal.reason)
  }
  signal.addEventListener('abort', end, { once: true })
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      all.set(chunk, at)
      at += chunk.length
    }
  } finally {
    signal.removeEventListener('abort', end)
  }
  if (at === length) return all
  const told = `The engine ended its answer at byte ${at} of ${length}.`
  throw Object.assign(new Error(told), { code: 'ECONNRESET' })
}
