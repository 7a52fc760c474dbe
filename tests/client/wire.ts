/** What of an object's bytes came over the wire, and what became of them on the way. */

import { nodeTransport, type Transport } from '@lading/client/node'

type Exchange = Transport['exchange']
export type WireRequest = Parameters<Exchange>[0]
export type WireResponse = Awaited<ReturnType<Exchange>>

export interface Wire {
  readonly transport: Transport
  /** The ranges that were asked for, in this order. */
  readonly asked: readonly string[]
  /** Bytes of bodies that answer GET. */
  readonly received: () => number
}

export interface WireOptions {
  readonly request?: (request: WireRequest) => WireRequest | Promise<WireRequest>
  /** Of answers to HEAD. */
  readonly head?: (headers: ReadonlyMap<string, string>) => ReadonlyMap<string, string>
  /** Of answers to GET. */
  readonly response?: (response: WireResponse, request: WireRequest) => WireResponse
}

export function wire({
  request: changeRequest = (request) => request,
  head: changeHead = (headers) => headers,
  response: changeResponse = (response) => response,
}: WireOptions = {}): Wire {
  const transport = nodeTransport()
  const asked: string[] = []
  let received = 0
  async function* counted(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      received += chunk.length
      yield chunk
    }
  }
  return {
    transport: {
      async exchange(original, options) {
        const request = await changeRequest(original)
        const response = await transport.exchange(request, options)
        if (request.method === 'HEAD') {
          return { ...response, headers: changeHead(response.headers) }
        }
        if (request.method !== 'GET') return response
        asked.push(request.headers.get('range') ?? '')
        const changed = changeResponse(response, request)
        return { ...changed, body: counted(changed.body) }
      },
      close: () => transport.close(),
    },
    asked,
    received: () => received,
  }
}

/** The first `bytes` of a body; then it ends as `end` says. */
export async function* cutOff(
  body: AsyncIterable<Uint8Array>,
  bytes: number,
  end: () => void = () => {},
): AsyncGenerator<Uint8Array> {
  let left = bytes
  for await (const chunk of body) {
    yield chunk.subarray(0, left)
    left -= Math.min(left, chunk.length)
    if (left === 0) break
  }
  end()
}

/** A body with one bit of its byte number `at` turned over. */
export async function* flipped(
  body: AsyncIterable<Uint8Array>,
  at = 0,
): AsyncGenerator<Uint8Array> {
  let position = 0
  for await (const chunk of body) {
    const index = at - position
    position += chunk.length
    if (index < 0 || index >= chunk.length) {
      yield chunk
      continue
    }
    const damaged = Uint8Array.from(chunk)
    damaged[index] = (damaged[index] ?? 0) ^ 1
    yield damaged
  }
}

export function without(
  headers: ReadonlyMap<string, string>,
  ...names: readonly string[]
): ReadonlyMap<string, string> {
  return new Map([...headers].filter(([name]) => !names.includes(name)))
}
