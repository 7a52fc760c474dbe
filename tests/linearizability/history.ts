/** One history: several clients that work on the same few keys and uploads at the same time. */

import { createHash } from 'node:crypto'
import {
  completeBody,
  elementOf,
  etagOf,
  objectETagOf,
  type WireAnswer,
} from '../support/oss-wire.ts'
import type { Random } from '../support/random.ts'
import type { Operation } from './checker.ts'
import { objectAnswer, partsAnswer, type Question } from './model.ts'
import type { Life, Service } from './service.ts'

export interface HistoryOptions {
  readonly service: Service
  readonly bucket: string
  /** What its keys begin with; no two histories share it. */
  readonly name: string
  readonly random: Random
  /** Random bytes that bodies are cut from. */
  readonly pool: Uint8Array
  /** Counts up at each call, for all that is to be ordered. */
  readonly tick: () => number
  readonly uploadIds: UploadIds
  /** Called when that many operations have begun. */
  readonly onBegin?: ((operations: number) => void) | undefined
}

export interface History {
  /** By key. */
  readonly operations: ReadonlyMap<string, readonly Operation[]>
  readonly clients: number
  /** All that were sent, initiations too. */
  readonly sent: number
  /** Those that overlap another one on the same key. */
  readonly overlapping: number
  readonly unanswered: number
  /** Answers that no order explains by themselves. */
  readonly wrong: readonly string[]
}

/** Every id that was given out, in all histories over one store: each once, each above those before. */
export class UploadIds {
  readonly #seen = new Set<string>()
  #greatest = ''

  /** What the next id has to be above: the greatest that had been answered by now. */
  get greatest(): string {
    return this.#greatest
  }

  /** A sentence when the id cannot be. */
  add(id: string, floor: string): string | undefined {
    if (this.#seen.has(id)) return `upload id ${id} was given out twice`
    this.#seen.add(id)
    if (id > this.#greatest) this.#greatest = id
    return id > floor ? undefined : `upload id ${id} came after ${floor}`
  }
}

const KEYS = 3
const OPERATIONS = 64
const PARTS = 3
const BIG = 102_400
/** Milliseconds; after that a request counts as one that nobody will ever answer. */
const LONGEST_WAIT = 60_000

interface Attempt {
  readonly partNumber: number
  readonly etag: string
  acknowledged: boolean
}

interface KnownUpload {
  readonly uploadId: string
  readonly attempts: Attempt[]
}

interface Content {
  readonly md5: string
  readonly size: number
}

/** Makes a history of 8 to 16 clients; resolves once all is quiet and was looked at a last time. */
export async function makeHistory(options: HistoryOptions): Promise<History> {
  const clients = options.random.between(8, 16)
  const making = new Making(options)
  await making.begin()
  await Promise.all(Array.from({ length: clients }, (_, client) => making.work(client)))
  await making.lookAtAll(clients)
  return making.result(clients)
}

/** An operation whose life may yet end. */
interface Recorded extends Omit<Operation, 'over'> {
  readonly life: Life
}

class Making {
  readonly #options: HistoryOptions
  readonly #operations = new Map<string, Recorded[]>()
  readonly #uploads = new Map<string, KnownUpload[]>()
  readonly #bytes = new Map<string, Uint8Array>()
  /** What objects of an ETag hold. */
  readonly #contents = new Map<string, Content>()
  readonly #wrong: string[] = []
  #begun = 0
  #initiated = 0
  #initiationsLost = 0

  constructor(options: HistoryOptions) {
    this.#options = options
    for (let key = 0; key < KEYS; key += 1) {
      this.#operations.set(`${options.name}/key ${key}`, [])
      this.#uploads.set(`${options.name}/key ${key}`, [])
    }
  }

  /** Gives each key an upload, so that the clients find something to do. */
  async begin(): Promise<void> {
    await Promise.all([...this.#operations.keys()].map((key) => this.#initiate(key)))
  }

  async work(client: number): Promise<void> {
    while (this.#begun < OPERATIONS) {
      this.#begun += 1
      this.#options.onBegin?.(this.#begun)
      await this.#step(client)
    }
  }

  /** Nothing is under way any more: what is there now is what all of it has come to. */
  async lookAtAll(client: number): Promise<void> {
    for (const [key, uploads] of this.#uploads) {
      await this.#send(client, key, { kind: 'get' })
      for (const { uploadId } of uploads) {
        await this.#send(client, key, { kind: 'list-parts', uploadId })
      }
    }
  }

  result(clients: number): History {
    const operations = new Map(
      [...this.#operations].map(([key, recorded]) => [
        key,
        recorded.map(({ life, ...operation }) => ({ ...operation, over: life.over })),
      ]),
    )
    const all = [...operations.values()]
    return {
      operations,
      clients,
      sent: all.flat().length + this.#initiated,
      overlapping: all.map(overlapping).reduce((sum, count) => sum + count, 0),
      unanswered:
        all.flat().filter(({ answer }) => answer === undefined).length + this.#initiationsLost,
      wrong: this.#wrong,
    }
  }

  async #step(client: number): Promise<void> {
    const { random } = this.#options
    const key = random.pick([...this.#operations.keys()] as [string, ...string[]])
    const uploads = this.#uploads.get(key) ?? []
    const draw = random.next()
    // Mostly the newest, which nobody has ended yet.
    const upload = random.chance(0.8) ? uploads.at(-1) : random.pick(uploads as [KnownUpload])
    if (upload === undefined || draw < 0.06) return await this.#initiate(key)
    if (draw < 0.45) return await this.#sendPart(client, key, upload)
    if (draw < 0.57) return await this.#complete(client, key, upload)
    if (draw < 0.64) return await this.#put(client, key)
    await this.#send(client, key, this.#plainQuestion(upload))
  }

  /** One that has no body. */
  #plainQuestion({ uploadId }: KnownUpload): Question {
    const draw = this.#options.random.next()
    if (draw < 0.37) return { kind: 'list-parts', uploadId }
    if (draw < 0.48) return { kind: 'abort', uploadId }
    return draw < 0.86 ? { kind: 'get' } : { kind: 'delete' }
  }

  async #initiate(key: string): Promise<void> {
    const { service, bucket, uploadIds } = this.#options
    const { wire } = await service.life()
    const floor = uploadIds.greatest
    this.#initiated += 1
    const answer = await exchange(() => wire.send('POST', { bucket, key, query: { uploads: '' } }))
    if (answer === undefined) {
      // Perhaps there is one now; nobody knows its id.
      this.#initiationsLost += 1
      return await service.settled()
    }
    const uploadId = elementOf(answer.text, 'UploadId')
    if (answer.status !== 200 || uploadId === undefined) {
      this.#wrong.push(`Initiate answered ${answer.status} ${answer.text}`)
      return
    }
    const wrong = uploadIds.add(uploadId, floor)
    if (wrong) this.#wrong.push(wrong)
    this.#uploads.get(key)?.push({ uploadId, attempts: [] })
  }

  async #sendPart(client: number, key: string, upload: KnownUpload): Promise<void> {
    const { random } = this.#options
    const partNumber = random.between(1, PARTS)
    const small = partNumber === PARTS || random.chance(0.2)
    const bytes = this.#newBytes(small ? random.between(1, 500) : BIG)
    const etag = etagOf(bytes)
    this.#bytes.set(etag, bytes)
    const attempt: Attempt = { partNumber, etag, acknowledged: false }
    upload.attempts.push(attempt)
    const { uploadId } = upload
    const question: Question = { kind: 'part', uploadId, partNumber, etag, size: bytes.length }
    attempt.acknowledged = (await this.#send(client, key, question, bytes)) === 'ok'
  }

  async #complete(client: number, key: string, upload: KnownUpload): Promise<void> {
    const { random } = this.#options
    const chosen = new Map<number, string>()
    for (const { partNumber, etag, acknowledged } of upload.attempts) {
      // The newest attempt that was acknowledged, and now and then one that is not sure to be held.
      if (acknowledged ? random.chance(0.95) : random.chance(0.05)) chosen.set(partNumber, etag)
    }
    const parts = [...chosen].sort(([left], [right]) => left - right)
    if (parts.length === 0) return
    const etags = parts.map(([, etag]) => etag)
    const makes = objectETagOf(etags)
    this.#contents.set(makes, contentOf(etags.map((etag) => this.#bytes.get(etag) ?? nothing)))
    const { uploadId } = upload
    await this.#send(client, key, { kind: 'complete', uploadId, parts, makes })
  }

  async #put(client: number, key: string): Promise<void> {
    const bytes = this.#newBytes(this.#options.random.between(1, 2_000))
    const etag = etagOf(bytes)
    this.#contents.set(etag, contentOf([bytes]))
    await this.#send(client, key, { kind: 'put', etag }, bytes)
  }

  /** Like no other bytes of this history. */
  #newBytes(size: number): Uint8Array {
    const { random, pool } = this.#options
    const start = random.between(0, pool.length - size)
    return pool.slice(start, start + size)
  }

  async #send(
    client: number,
    key: string,
    question: Question,
    body?: Uint8Array,
  ): Promise<string | undefined> {
    const { service, random, tick } = this.#options
    const life = await service.life()
    // Some give up waiting: the connection goes, and the service may be at it or not.
    const patience = random.chance(0.06) ? random.between(0, 8) : undefined
    const signal = AbortSignal.timeout(patience ?? LONGEST_WAIT)
    const began = tick()
    const answer = await exchange(() => this.#request(life, key, question, body, signal))
    const ended = answer === undefined ? Number.POSITIVE_INFINITY : tick()
    const text = answer && this.#read(question, answer)
    this.#operations.get(key)?.push({ client, question, answer: text, began, ended, life })
    if (answer !== undefined || patience !== undefined) return text
    if (signal.aborted) this.#wrong.push(`${question.kind} of ${key} was never answered`)
    await service.settled()
    return text
  }

  #request(
    { wire }: Life,
    key: string,
    question: Question,
    body: Uint8Array | undefined,
    signal: AbortSignal,
  ): Promise<WireAnswer> {
    const { bucket } = this.#options
    const common = { bucket, key, signal, ...(body && { body }) }
    switch (question.kind) {
      case 'part': {
        const { uploadId, partNumber } = question
        return wire.send('PUT', { ...common, query: { partNumber: String(partNumber), uploadId } })
      }
      case 'list-parts':
        return wire.send('GET', { ...common, query: { uploadId: question.uploadId } })
      case 'complete': {
        const { uploadId, parts } = question
        return wire.send('POST', { ...common, query: { uploadId }, body: completeBody(parts) })
      }
      case 'abort':
        return wire.send('DELETE', { ...common, query: { uploadId: question.uploadId } })
      case 'get':
        return wire.send('GET', common)
      case 'put':
        return wire.send('PUT', common)
      case 'delete':
        return wire.send('DELETE', common)
    }
  }

  /** The answer in the words of the model; what the model never says is a violation. */
  #read(question: Question, answer: WireAnswer): string {
    if (answer.status >= 300) return answer.code ?? `status ${answer.status}`
    const etag = String(answer.headers.etag ?? '').replaceAll('"', '')
    switch (question.kind) {
      case 'part':
      case 'put':
        return etag === question.etag ? 'ok' : `ok, but as ${etag}`
      case 'complete': {
        const made = (elementOf(answer.text, 'ETag') ?? '').replaceAll(/"|&quot;/g, '')
        return made === question.makes ? 'ok' : `ok, but as ${made}`
      }
      case 'get': {
        const { md5, size } = contentOf([answer.bytes])
        const whole = this.#contents.get(etag)
        const torn = whole === undefined || whole.md5 !== md5 || whole.size !== size
        return torn ? `${size} other bytes as ${etag}` : objectAnswer(etag)
      }
      case 'list-parts':
        return partsAnswer(partsIn(answer.text))
      default:
        return 'ok'
    }
  }
}

const nothing = new Uint8Array()

/** `undefined` when no whole answer came. */
async function exchange(send: () => Promise<WireAnswer>): Promise<WireAnswer | undefined> {
  try {
    const answer = await send()
    // It says that it may be asked again, and not whether anything happened.
    return answer.status === 503 ? undefined : answer
  } catch {
    return undefined
  }
}

function contentOf(pieces: readonly Uint8Array[]): Content {
  const md5 = createHash('md5')
  for (const piece of pieces) md5.update(piece)
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0)
  return { md5: md5.digest('hex'), size }
}

function partsIn(xml: string): Map<number, { etag: string; size: number }> {
  const parts = new Map<number, { etag: string; size: number }>()
  for (const [, part = ''] of xml.matchAll(/<Part>(.*?)<\/Part>/gs)) {
    const etag = (elementOf(part, 'ETag') ?? '').replaceAll(/"|&quot;/g, '')
    parts.set(Number(elementOf(part, 'PartNumber')), {
      etag,
      size: Number(elementOf(part, 'Size')),
    })
  }
  return parts
}

/** How many of the answered operations on one key were under way while another such one was. */
function overlapping(operations: readonly Operation[]): number {
  const answered = operations.filter(({ answer }) => answer !== undefined)
  return answered.filter((one) =>
    answered.some((other) => other !== one && one.began < other.ended && other.began < one.ended),
  ).length
}
