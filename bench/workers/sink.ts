/**
 * Servers to compare with. All take multipart uploads in as few lines as it can be done: of OSS and of
 * S3, without a signature and without remembering more than ETags.
 *
 * - `drop`: reads the bodies and forgets them. What Node itself costs.
 * - `sums`: also the MD5 of `node:crypto` and the CRC-64 of `hash-wasm`, as a straightforward server has them.
 * - `files` and `sums-files`: also writes each part as the service does, through its own driver: gathered,
 *   synced, its name synced.
 */

import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { multipartETag, parseETag } from '@lading/protocol'
import { createCRC64, type IHasher } from 'hash-wasm'
import { answerAsks, settings } from './answer-asks.ts'
import { loadFilesBlobStore } from './server-internals.ts'

export interface SinkSettings {
  readonly kind: 'drop' | 'sums' | 'files' | 'sums-files'
  /** Where parts are written; needed by the kinds that write. */
  readonly directory?: string
}

const { kind, directory } = settings<SinkSettings>()
const takesSums = kind.startsWith('sums')
const store = directory
  ? await (await loadFilesBlobStore()).open(directory, { syncs: 'on' })
  : undefined
/** Part ETags by upload id and part number. */
const uploads = new Map<string, Map<number, string>>()
const idleCrcs: IHasher[] = []

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => response.destroy(error as Error))
})
server.requestTimeout = 0
server.listen(0, '127.0.0.1')
answerAsks({
  address: async () => {
    if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
    return (server.address() as AddressInfo).port
  },
})

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://sink')
  const uploadId = url.searchParams.get('uploadId')
  if (request.method === 'POST' && url.searchParams.has('uploads')) {
    for await (const _ of request);
    const id = randomBytes(16).toString('hex').toUpperCase()
    uploads.set(id, new Map())
    answer(response, 'InitiateMultipartUploadResult', `<UploadId>${id}</UploadId>`)
  } else if (request.method === 'POST' && uploadId) {
    for await (const _ of request);
    const parts = [...(uploads.get(uploadId) ?? [])].sort(([left], [right]) => left - right)
    uploads.delete(uploadId)
    const etag = multipartETag(parts.map(([, etag]) => parseETag(etag)))
    answer(response, 'CompleteMultipartUploadResult', `<ETag>"${etag}"</ETag>`)
  } else {
    const { etag, crc64 } = takesSums ? await takeSums(request) : await take(request)
    const partNumber = Number(url.searchParams.get('partNumber'))
    if (uploadId) uploads.get(uploadId)?.set(partNumber, etag)
    const sum = crc64 === undefined ? {} : { 'x-oss-hash-crc64ecma': crc64 }
    response.writeHead(200, { ETag: `"${etag}"`, ...sum, 'content-length': 0 }).end()
  }
}

function answer(response: ServerResponse, name: string, content: string): void {
  const xml = `<${name}><Bucket>b</Bucket><Key>k</Key><Location>l</Location>${content}</${name}>`
  response.writeHead(200, { 'content-type': 'application/xml' }).end(xml)
}

interface Taken {
  readonly etag: string
  readonly crc64?: string
}

/** The ETag is what the sender says that it is: nothing is looked at. */
async function take(request: IncomingMessage): Promise<Taken> {
  if (store) await store.write(request)
  else await drained(request, () => {})
  const md5 = request.headers['content-md5']
  const etag = md5 ? Buffer.from(String(md5), 'base64').toString('hex') : '0'.repeat(32)
  return { etag: etag.toUpperCase() }
}

async function takeSums(request: IncomingMessage): Promise<Taken> {
  const md5 = createHash('md5')
  const crc = idleCrcs.pop() ?? (await createCRC64())
  crc.init()
  const update = (chunk: Uint8Array): void => {
    md5.update(chunk)
    crc.update(chunk)
  }
  if (store) await store.write(seen(request, update))
  else await drained(request, update)
  const etag = md5.digest('hex').toUpperCase()
  const crc64 = BigInt(`0x${crc.digest()}`).toString()
  idleCrcs.push(crc)
  return { etag, crc64 }
}

function drained(request: IncomingMessage, see: (chunk: Uint8Array) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    request.on('data', see).on('end', resolve).on('error', reject)
  })
}

async function* seen(
  chunks: AsyncIterable<Uint8Array>,
  see: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    see(chunk)
    yield chunk
  }
}
