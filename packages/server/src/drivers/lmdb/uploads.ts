/** Uploads and their parts in the tables. The methods that write belong inside a transaction. */

import { randomBytes } from 'node:crypto'
import type { UploadId } from '@lading/protocol'
import type { BlobId } from '../../ports/blob-store.ts'
import type { Part, Upload, UploadRef } from '../../ports/metadata-store.ts'
import type { GarbageQueue } from './garbage-queue.ts'
import { afterAll, isUploadId, partKey, textKey, uploadIdKey } from './keys.ts'
import {
  blobOfPart,
  decodeNumber,
  decodePart,
  decodeUpload,
  decodeUploadState,
  encodeNumber,
  encodePart,
  encodeUpload,
  encodeUploadState,
  type UploadState,
} from './records.ts'
import { findRow, rowsBetween, type Tables } from './tables.ts'

const lastIdKey = textKey('last-upload-ms')

export interface OpenUpload {
  readonly upload: Upload
  readonly state: UploadState
}

export class Uploads {
  readonly #tables: Tables
  readonly #garbage: GarbageQueue

  constructor(tables: Tables, garbage: GarbageQueue) {
    this.#tables = tables
    this.#garbage = garbage
  }

  find(ref: UploadRef): Upload | undefined {
    const row = this.#row(ref)
    return row && decodeUpload(ref, row)
  }

  /** The state of the upload if bucket, key and id agree and it is open. */
  state(ref: UploadRef): UploadState | undefined {
    const state = this.#row(ref) && this.#tables.states.get(uploadIdKey(ref.uploadId))
    return state && decodeUploadState(state)
  }

  findWithState(ref: UploadRef): OpenUpload | undefined {
    const upload = this.find(ref)
    const state = upload && this.state(ref)
    return state && { upload, state }
  }

  create(begun: Omit<Upload, 'uploadId'>, now: Date): Upload {
    const upload = { ...begun, uploadId: this.#nextId(now) }
    const { bucket, key, uploadId } = upload
    this.#tables.uploads.putSync(textKey(bucket, key, uploadId), encodeUpload(upload))
    const state = encodeUploadState({ epoch: 0, parts: 0 })
    this.#tables.states.putSync(uploadIdKey(uploadId), state)
    return upload
  }

  /** The blob of the part of that number. */
  findBlob(uploadId: UploadId, partNumber: number): BlobId | undefined {
    const row = this.#tables.parts.get(partKey(uploadId, partNumber))
    return row && blobOfPart(row)
  }

  putPart(uploadId: UploadId, state: UploadState, part: Part, isNew: boolean): void {
    this.#tables.parts.putSync(partKey(uploadId, part.partNumber), encodePart(part))
    const next = { epoch: state.epoch + 1, parts: state.parts + (isNew ? 1 : 0) }
    this.#tables.states.putSync(uploadIdKey(uploadId), encodeUploadState(next))
  }

  /** Parts with a number above `after`, at most `limit`. */
  parts(uploadId: UploadId, after: number, limit: number): Part[] {
    if (after >= 0xffff) return []
    const end = afterAll(uploadIdKey(uploadId))
    const start = partKey(uploadId, Math.max(0, after + 1))
    const rows = rowsBetween(this.#tables.parts, start, end, limit)
    return rows.map(({ key, value }) => decodePart(key, value))
  }

  /** Ends the upload; its part rows become garbage, and their blobs too if `withBlobs`. */
  end({ upload, state }: OpenUpload, { withBlobs }: { readonly withBlobs: boolean }): void {
    const { bucket, key, uploadId } = upload
    this.#tables.uploads.removeSync(textKey(bucket, key, uploadId))
    this.#tables.states.removeSync(uploadIdKey(uploadId))
    if (state.parts > 0) this.#garbage.addParts(withBlobs ? 'parts' : 'part-rows', uploadId)
  }

  #row({ bucket, key, uploadId }: UploadRef): Uint8Array | undefined {
    return isUploadId(uploadId) ? findRow(this.#tables.uploads, bucket, key, uploadId) : undefined
  }

  /** Eight bytes of milliseconds, above all before them whatever the clock says, and eight of chance. */
  #nextId(now: Date): UploadId {
    const ms = Math.max(now.getTime(), decodeNumber(this.#tables.meta.get(lastIdKey)) + 1)
    const row = encodeNumber(ms)
    this.#tables.meta.putSync(lastIdKey, row)
    return Buffer.concat([row, randomBytes(8)])
      .toString('hex')
      .toUpperCase() as UploadId
  }
}
