/** Text that is compressed on its way out, for those who say that they can read it. */

import { once } from 'node:events'
import { createGzip, type Gzip } from 'node:zlib'
import type { Reply, RequestHeaders } from './operation.ts'

/** Bytes. Anything shorter gains nothing. Source: GetObject, OSS API reference; the Python SDK's suite. */
const LEAST = 1024

/** Bytes that are sent at once. */
const CHUNK = 64 * 1024

/** Source: GetObject, OSS API reference, but for HTML, which is text as well. */
const types: ReadonlySet<string> = new Set([
  'application/javascript',
  'application/json',
  'application/rss+xml',
  'application/x-javascript',
  'text/cache-manifest',
  'text/css',
  'text/html',
  'text/json',
  'text/plain',
  'text/xml',
])

/**
 * The reply with its content compressed, where that is asked for and worth it. A range is never: its
 * reader counts on the bytes that it names. What would be untrue of the compressed bytes is left out:
 * their length, the ETag and the MD5; the CRC-64 stays, which is that of the object.
 */
export function compressed(request: { readonly headers: RequestHeaders }, reply: Reply): Reply {
  const { content, headers = {} } = reply
  const type = headers['Content-Type']?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (
    reply.status !== 200 ||
    (content?.length ?? 0) < LEAST ||
    !types.has(type) ||
    headers['Content-Encoding'] !== undefined ||
    !content
  ) {
    return reply
  }
  // Also where it is not compressed: a cache must not hand one to who asked for the other.
  const vary = { Vary: 'Accept-Encoding' }
  if (
    request.headers.get('range') !== undefined ||
    !acceptsGzip(request.headers.get('accept-encoding') ?? '')
  ) {
    return { ...reply, headers: { ...headers, ...vary } }
  }
  const { ETag: _, 'Content-MD5': __, ...kept } = headers
  return {
    ...reply,
    headers: { ...kept, ...vary, 'Content-Encoding': 'gzip' },
    content: { ...content, length: undefined, bytes: () => gzip(content.bytes()) },
  }
}

/** `gzip` by its name, unless it is there to be ruled out (`q=0`). */
function acceptsGzip(header: string): boolean {
  return header.split(',').some((coding) => {
    const [name = '', ...parameters] = coding.split(';').map((text) => text.trim().toLowerCase())
    return name === 'gzip' && !parameters.some((text) => /^q=0(\.0*)?$/.test(text))
  })
}

/**
 * Takes a chunk only when the one before it is compressed, whose memory may be used again then, and
 * compresses only as fast as it is read.
 */
async function* gzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const stream = createGzip({ chunkSize: CHUNK })
  const fed = feed(stream, chunks).catch((error: Error) => {
    stream.destroy(error)
  })
  try {
    for await (const chunk of stream) yield chunk as Uint8Array
  } finally {
    stream.destroy()
    await fed
  }
}

async function feed(stream: Gzip, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) {
    const settled = new AbortController()
    const closed = once(stream, 'close', { signal: settled.signal }).catch(() => {})
    await Promise.race([closed, new Promise((resolve) => stream.write(chunk, resolve))])
    settled.abort()
    if (stream.destroyed) return
  }
  stream.end()
}
