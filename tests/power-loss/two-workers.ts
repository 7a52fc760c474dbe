/** Two workers of `lading serve` on one directory, recorded together, with clients that leave marks. */

import { createHash } from 'node:crypto'
import { type ETag, multipartETag } from '@lading/protocol'
import { elementOf, OssWire, UnexpectedAnswer, type WireAnswer } from '../support/oss-wire.ts'
import { Random } from '../support/random.ts'
import { KEY_PAIR, serveProcess } from '../support/serve-process.ts'
import { appendMark } from './journal.ts'
import type { RecordingOptions } from './recorder.ts'
import { recordingEnvironment } from './recorder.ts'
import { Requests } from './requests.ts'

const BUCKET = 'two-workers'

/** Bytes. */
const LEAST = 100 * 1024

/** Serves `directory`, which lies below the recorded root, to three clients at once, and stops. */
export async function serveWithTwoWorkers(
  directory: string,
  options: RecordingOptions & { readonly seed: number },
): Promise<void> {
  const env = recordingEnvironment(options)
  const server = await serveProcess(directory, { args: ['--workers', '2'], env })
  const requests = new Requests({
    mark: (mark) => appendMark(options.journal, JSON.stringify(mark)),
    firstNumber: 0,
    isRefusal: (error) => error instanceof UnexpectedAnswer,
  })
  try {
    // A socket for each client, so that both workers have some.
    const wires = [1, 2, 3].map(() => new OssWire({ port: server.port, credentials: KEY_PAIR }))
    const clients = wires.map((wire) => new Client(wire, requests))
    const random = new Random(options.seed)
    await clients[0]?.bucket()
    const [one, two, three] = clients
    await Promise.all([
      one?.upload('movie', [random.bytes(LEAST), random.bytes(900)]),
      two?.upload('other', [random.bytes(LEAST), random.bytes(1_100)]),
      three?.write('note', [random.bytes(800), random.bytes(850)]),
    ])
    for (const wire of wires) wire.close()
  } finally {
    await server.stop()
  }
}

class Client {
  readonly #wire: OssWire
  readonly #requests: Requests

  constructor(wire: OssWire, requests: Requests) {
    this.#wire = wire
    this.#requests = requests
  }

  async bucket(): Promise<void> {
    await this.#requests.send([{ on: 'bucket', name: BUCKET }], async () => {
      requireDone(await this.#wire.putBucket(BUCKET))
      return {}
    })
  }

  /** An upload that is completed, and another one that is aborted. */
  async upload(key: string, parts: readonly Buffer[]): Promise<void> {
    const uploadId = await this.#initiate(key)
    const etags = await Promise.all(
      parts.map((bytes, at) => this.#part(key, uploadId, at + 1, bytes)),
    )
    const aborted = await this.#initiate(key)
    await this.#part(key, aborted, 1, parts[0] ?? Buffer.alloc(1))
    const becomes = multipartETag(etags)
    await this.#requests.send(
      [
        { on: 'end', uploadId, becomes },
        { on: 'key', bucket: BUCKET, key, becomes },
      ],
      async () => {
        const listed = etags.map((etag, at) => [at + 1, etag] as const)
        requireDone(await this.#wire.complete(BUCKET, key, uploadId, listed))
        return {}
      },
    )
    await this.#requests.send([{ on: 'end', uploadId: aborted }], async () => {
      requireDone(await this.#wire.abort(BUCKET, key, aborted))
      return {}
    })
  }

  /** One object over another, and then none. */
  async write(key: string, contents: readonly Buffer[]): Promise<void> {
    for (const body of contents) {
      await this.#requests.send(
        [{ on: 'key', bucket: BUCKET, key, becomes: etagOf(body) }],
        async () => {
          requireDone(await this.#wire.send('PUT', { bucket: BUCKET, key, body }))
          return {}
        },
      )
    }
    await this.#requests.send([{ on: 'key', bucket: BUCKET, key, becomes: 'absent' }], async () => {
      requireDone(await this.#wire.send('DELETE', { bucket: BUCKET, key }))
      return {}
    })
  }

  async #initiate(key: string): Promise<string> {
    const answer = await this.#requests.send([{ on: 'upload', bucket: BUCKET, key }], async () => {
      const query = { uploads: '' }
      const { text } = requireDone(await this.#wire.send('POST', { bucket: BUCKET, key, query }))
      return { uploadId: elementOf(text, 'UploadId') }
    })
    return answer?.uploadId ?? ''
  }

  async #part(key: string, uploadId: string, partNumber: number, bytes: Buffer) {
    const becomes = etagOf(bytes)
    await this.#requests.send([{ on: 'part', uploadId, partNumber, becomes }], async () => {
      requireDone(await this.#wire.uploadPart(BUCKET, key, uploadId, partNumber, bytes))
      return {}
    })
    return becomes
  }
}

function requireDone(answer: WireAnswer): WireAnswer {
  if (answer.status < 300) return answer
  const what = `The server answered ${answer.status} (${answer.code}).`
  throw answer.status < 500 ? new UnexpectedAnswer(what) : new Error(what)
}

function etagOf(bytes: Uint8Array): ETag {
  return createHash('md5').update(bytes).digest('hex').toUpperCase() as ETag
}
