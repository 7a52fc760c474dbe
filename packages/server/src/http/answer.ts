/** Writes a reply to the client: head, body, and the release of what the body held. */

import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { OssError } from '@lading/protocol'
import type { Reply } from '../api/operation.ts'
import type { Delivery } from './delivery.ts'

/** Milliseconds a client may take for a chunk besides a second for each KiB of it. */
const STALL_MS = 30_000

export interface AnswerOptions {
  /** To a HEAD request: lengths are told, bodies are not sent. */
  readonly head: boolean
  /** What every answer carries. */
  readonly common: Readonly<Record<string, string>>
}

/** A reply whose first bytes are at hand, so that a failure to read them can still be answered. */
export interface PreparedReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Bytes of the body as announced, if they are; 0 where none is sent. */
  readonly length: number | undefined
  readonly chunks: AsyncIterator<Uint8Array> | undefined
  readonly first: Uint8Array | undefined
}

/**
 * @throws whatever the reading of the content throws before its first byte; {OssError}
 *   `InvalidArgument` for a header that no line can hold.
 */
export async function prepareReply(reply: Reply, options: AnswerOptions): Promise<PreparedReply> {
  const { status, content, xml } = reply
  const headers: Record<string, string> = { ...options.common }
  for (const [name, value] of Object.entries(reply.headers ?? {})) {
    const said = name === 'Vary' && headers[name] ? `${headers[name]}, ${value}` : value
    headers[name] = headerText(name, said)
  }
  const bodiless = status === 204 || status === 304
  if (bodiless) return { status, headers, length: 0, chunks: undefined, first: undefined }

  const document = xml === undefined ? undefined : new TextEncoder().encode(xml)
  if (document && !options.head) headers['Content-Type'] ??= 'application/xml'
  const length = document ? document.length : content ? content.length : 0
  if (length !== undefined)
    headers['Content-Length'] = String(document && options.head ? 0 : length)
  if (options.head || length === 0) {
    return { status, headers, length: 0, chunks: undefined, first: undefined }
  }
  if (document) return { status, headers, length, chunks: undefined, first: document }
  const chunks = content?.bytes()[Symbol.asyncIterator]()
  const first = await chunks?.next()
  return { status, headers, length, chunks, first: first?.done ? undefined : first?.value }
}

/**
 * Writes it all. Resolves with the bytes of body that went out, once the system has taken them or the
 * client has left; rejects when the content fails or is not as long as announced, and then the
 * connection is beyond repair.
 */
export async function writeReply(
  response: ServerResponse,
  reply: PreparedReply,
  delivery: Delivery,
): Promise<number> {
  const { status, headers, length, chunks } = reply
  let sent = 0
  let chunk = reply.first
  try {
    response.writeHead(status, headers)
    while (chunk && !response.destroyed) {
      if (length !== undefined && sent + chunk.length > length)
        throw new Error(`The content is longer than ${length} bytes.`)
      for await (const piece of delivery.pieces(chunk)) {
        await writeChunk(response, piece)
        sent += piece.length
      }
      const next = await chunks?.next()
      chunk = next?.done ? undefined : next?.value
    }
  } finally {
    await chunks?.return?.()
  }
  if (response.destroyed) return sent
  if (length !== undefined && sent < length)
    throw new Error(`The content ended after ${sent} of ${length} bytes.`)
  const over = once(response, 'close')
  response.end()
  await over
  return sent
}

/** Waits until the system has taken the chunk, because its memory may be used again after that. */
function writeChunk(response: ServerResponse, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const stall = setTimeout(() => response.destroy(), STALL_MS + (chunk.length / 1024) * 1000)
    const done = (): void => {
      clearTimeout(stall)
      response.off('close', done)
      resolve()
    }
    response.once('close', done)
    response.write(chunk, done)
  })
}

/**
 * A header as Node writes it, one byte for each character: text beyond that goes out as UTF-8, and
 * what would end the line is refused.
 */
function headerText(name: string, value: string): string {
  const text = /[^\0-\xff]/.test(value) ? Buffer.from(value, 'utf8').toString('latin1') : value
  if (/[\0-\x08\x0a-\x1f\x7f]/.test(text)) {
    throw new OssError('InvalidArgument', {
      message: `The value of ${name} cannot be sent in a header.`,
      details: { ArgumentName: name },
    })
  }
  return text
}
