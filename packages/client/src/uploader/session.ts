/** Which upload the parts go to: one to be resumed, or a new one. */

import {
  DEFAULT_PART_SIZE,
  MAX_PARTS,
  MIN_PART_SIZE,
  OssError,
  type UploadId,
} from '@lading/protocol'
import { attributeHeaders, type ObjectAttributes } from '../operations/attributes.ts'
import type { ObjectInput, PartEntry } from '../operations/multipart.ts'
import { type CallOptions, requireInteger } from '../options.ts'
import type { UploadClient } from '../upload-client.ts'
import type { Checkpoint, CheckpointSlot, CheckpointStore } from './checkpoint.ts'
import { initiate } from './initiate.ts'
import { choosePartSize, countParts, MAX_STREAM_PART_SIZE, streamGrowth } from './plan-parts.ts'
import type { Source } from './source.ts'

/** An upload at the service, and the checkpoint that remembers it. */
export interface OpenUpload {
  readonly uploadId: UploadId | string
  /** Forgets the upload: it is completed or aborted. */
  forget(): Promise<void>
}

export interface Session extends OpenUpload {
  /** Bytes; of a stream, those of its first part. */
  readonly partSize: number
  /** What the service says it has, by part number. To be believed only where the bytes agree. */
  readonly held: ReadonlyMap<number, PartEntry>
  readonly isResumed: boolean
  /** The upload is over or interrupted: lets go of the checkpoint, which stays. */
  close(): Promise<void>
}

export interface SessionOptions {
  readonly attributes: ObjectAttributes
  readonly partSize: number | undefined
  readonly checkpoint: CheckpointStore | undefined
  readonly uploadId: string | undefined
  readonly findUpload: boolean
  readonly notice: (text: string) => void
  /** Told as soon as an upload is taken up, for whoever must abort it; `undefined`: it was none for us. */
  readonly began: (upload: OpenUpload | undefined) => void
  readonly call: CallOptions
}

interface Candidate {
  readonly uploadId: string
  /** `undefined`: to be seen from its parts. */
  readonly partSize: number | undefined
  readonly origin: 'checkpoint' | 'caller' | 'service'
}

/**
 * Resumes the upload that the caller, the checkpoint or, if asked, the service names; else initiates
 * one and remembers it.
 *
 * An error other than `NoSuchUpload` is thrown, and never a reason to begin anew: that would orphan
 * the parts of an upload because of a moment's bad network.
 */
export async function openSession(
  client: UploadClient,
  target: ObjectInput,
  source: Source,
  options: SessionOptions,
): Promise<Session> {
  const slot = await openSlot(client, target, source, options)
  const forget = async (): Promise<void> => slot?.remove()
  try {
    const found = await findCandidate(client, target, source, slot, options)
    // Before its parts are listed: an abort meanwhile must know what to abort.
    if (found) options.began({ uploadId: found.uploadId, forget })
    const resumed = found && (await resume(client, target, source, found, options))
    if (found && resumed) noticeDroppedAttributes(found, slot, options)
    if (!resumed) options.began(undefined)
    const { uploadId, partSize, held, sweep } =
      resumed ?? (await begin(client, target, source, options))
    if (!resumed) options.began({ uploadId, forget })
    const checkpoint: Checkpoint = {
      format: 1,
      ...identityOf(client, target, source),
      uploadId,
      partSize,
      sourceVersion: source.identity?.version ?? '',
      attributes: describe(options.attributes),
      initiated: (resumed && slot?.checkpoint?.initiated) ?? new Date().toISOString(),
    }
    if (slot) await remember(slot, checkpoint, options)
    return {
      uploadId,
      partSize,
      held,
      isResumed: resumed !== undefined,
      forget,
      async close() {
        await sweep?.()
        await slot?.close()
      },
    }
  } catch (error) {
    await slot?.close()
    throw error
  }
}

interface FoundUpload {
  readonly uploadId: string
  readonly partSize: number
  readonly held: ReadonlyMap<number, PartEntry>
  /** Of a new one: removes what attempts to initiate it may have left. */
  readonly sweep?: () => Promise<void>
}

async function openSlot(
  client: UploadClient,
  target: ObjectInput,
  source: Source,
  { checkpoint, notice }: SessionOptions,
): Promise<CheckpointSlot | undefined> {
  if (!checkpoint) return undefined
  if (!source.identity) {
    notice('The source has no name, so the upload is not remembered. Give it a sourceName.')
    return undefined
  }
  try {
    const slot = await checkpoint.open(identityOf(client, target, source))
    if (slot.ignored) notice(slot.ignored)
    return slot
  } catch (error) {
    if (!isFull(error)) throw error
    notice(
      `The upload is not remembered, because there is no room for its checkpoint: ${error.message}`,
    )
    return undefined
  }
}

/** What cannot be remembered is uploaded all the same: the service knows it, and is asked. */
async function remember(
  slot: CheckpointSlot,
  checkpoint: Checkpoint,
  { notice }: SessionOptions,
): Promise<void> {
  try {
    await slot.save(checkpoint)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    notice(
      `The upload ${checkpoint.uploadId} goes on, but is not remembered: ${why}. If it is interrupted, resume it by its id or with findUpload.`,
    )
  }
}

/** A disk, a quota, or what a browser gives a page. */
function isFull(error: unknown): error is Error {
  if (!(error instanceof Error)) return false
  const isQuota = error.name === 'QuotaExceededError'
  return isQuota || ('code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT'))
}

async function findCandidate(
  client: UploadClient,
  target: ObjectInput,
  source: Source,
  slot: CheckpointSlot | undefined,
  { uploadId, findUpload, attributes, notice, call }: SessionOptions,
): Promise<Candidate | undefined> {
  const remembered = slot?.checkpoint
  if (uploadId !== undefined) {
    const partSize = remembered?.uploadId === uploadId ? remembered.partSize : undefined
    return { uploadId, partSize, origin: 'caller' }
  }
  if (remembered && remembered.attributes !== describe(attributes)) {
    notice(
      `The upload ${remembered.uploadId} was initiated with other headers or metadata, so another one is begun.`,
    )
  } else if (remembered) {
    if (remembered.sourceVersion !== source.identity?.version) {
      notice('The source has changed since the upload began: what has changed is sent again.')
    }
    return { uploadId: remembered.uploadId, partSize: remembered.partSize, origin: 'checkpoint' }
  }
  if (!findUpload) return undefined
  const { newestUpload } = await import('./find-uploads.ts')
  const newest = await newestUpload(client, target, call)
  return newest === undefined
    ? undefined
    : { uploadId: newest, partSize: undefined, origin: 'service' }
}

/** `undefined` when it cannot be gone on with; the caller's own choice fails instead. */
async function resume(
  client: UploadClient,
  target: ObjectInput,
  source: Source,
  { uploadId, partSize: remembered, origin }: Candidate,
  { partSize: wanted, notice, call }: SessionOptions,
): Promise<FoundUpload | undefined> {
  const held = new Map<number, PartEntry>()
  try {
    for await (const page of client.listPartsPages({ ...target, uploadId }, call)) {
      for (const part of page.parts) held.set(part.partNumber, part)
    }
  } catch (error) {
    const isOver = error instanceof OssError && error.code === 'NoSuchUpload'
    if (!isOver || origin === 'caller') throw error
    notice(`The upload ${uploadId} was completed or aborted in the meantime.`)
    return undefined
  }
  const partSize = remembered ?? inferPartSize(source, held) ?? firstPartSize(source, wanted)
  if (!isUsable(source, partSize)) {
    const why = `The parts of the upload ${uploadId} have ${partSize} bytes, which does not suit the source.`
    if (origin === 'caller') throw new RangeError(why)
    notice(why)
    return undefined
  }
  return { uploadId, partSize, held }
}

/** Initiate fixed them, and we do not know what it was given: no request says so. */
function noticeDroppedAttributes(
  { uploadId, origin }: Candidate,
  slot: CheckpointSlot | undefined,
  { attributes, notice }: SessionOptions,
): void {
  const given = describe(attributes)
  if (origin === 'checkpoint' || given === describe({})) return
  const remembered = slot?.checkpoint
  if (remembered?.uploadId === uploadId && remembered.attributes === given) return
  notice(
    `The upload ${uploadId} keeps the headers and metadata it was initiated with, and those given now are not used.`,
  )
}

async function begin(
  client: UploadClient,
  target: ObjectInput,
  source: Source,
  { attributes, partSize: wanted, notice, call }: SessionOptions,
): Promise<FoundUpload> {
  const partSize = firstPartSize(source, wanted)
  const initiated = await initiate(client, target, attributes, call, notice)
  return { ...initiated, partSize, held: new Map() }
}

/** @throws {RangeError} for a stream whose parts would not fit into memory. */
function firstPartSize(source: Source, wanted: number = DEFAULT_PART_SIZE): number {
  if (source.kind === 'ranges') return choosePartSize(source.size, wanted)
  return requireInteger('partSize of a stream', wanted, MIN_PART_SIZE, MAX_STREAM_PART_SIZE)
}

/** All parts but the last are equally long, before a stream's growth: so the longest tells. */
function inferPartSize(source: Source, held: ReadonlyMap<number, PartEntry>): number | undefined {
  const sizes = [...held.values()].map(({ partNumber, size }) =>
    source.kind === 'stream' ? Math.floor(size / streamGrowth(partNumber)) : size,
  )
  return sizes.length === 0 ? undefined : sizes.reduce((left, right) => Math.max(left, right))
}

function isUsable(source: Source, partSize: number): boolean {
  if (source.kind === 'stream') {
    return partSize >= MIN_PART_SIZE && partSize <= MAX_STREAM_PART_SIZE
  }
  const parts = countParts(source.size, partSize)
  return parts <= MAX_PARTS && (parts <= 1 || partSize >= MIN_PART_SIZE)
}

function identityOf(
  client: UploadClient,
  { bucket, key }: ObjectInput,
  source: Source,
): { endpoint: string; bucket: string; key: string; source: string } {
  return { endpoint: client.endpoint, bucket, key, source: source.identity?.name ?? '' }
}

/** `forbidOverwrite` is sent again with Complete, but the rest is fixed by Initiate. */
function describe(attributes: ObjectAttributes): string {
  const { 'x-oss-forbid-overwrite': _, ...headers } = attributeHeaders(attributes)
  const given = Object.entries(headers).filter(([, value]) => value !== undefined)
  return JSON.stringify(given.sort(([left], [right]) => (left < right ? -1 : 1)))
}
