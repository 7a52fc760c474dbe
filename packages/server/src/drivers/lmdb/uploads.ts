/** Uploads and their parts in the tables. The methods that write belong inside a transaction. */

import type { UploadId } from '@lading/protocol'
import type { BlobId } from '../../ports/blob-store.ts'
import type { Part, Upload, UploadRef } from '../../ports/metadata-store.ts'
import type { GarbageQueue } from './garbage-queue.ts'
import { afterAll, isTimeOrdered, partKey, textKey, uploadIdKey } from './keys.ts'
import {
  blobOfPart,
  decodePart,
  decodeUpload,
  decodeUploadState,
  encodePart,
  encodeUpload,
  encodeUploadState,
  sizeOfPart,
  type UploadState,
} from './records.ts'
import { findRow, rowsBetween, type Tables } from './tables.ts'
import type { TimeOrder } from './time-order.ts'
import type { Usage } from './usage.ts'

export interface OpenUpload {
  readonly upload: Upload
  readonly state: UploadState
}

export class Uploads {
  readonly #tables: Tables
  readonly #garbage: GarbageQueue
  readonly #order: TimeOrder
  readonly #usage: Usage

  constructor(
    tables: Tables,
    rooms: { readonly garbage: GarbageQueue; readonly order: TimeOrder; readonly usage: Usage },
  ) {
    this.#tables = tables
    this.#garbage = rooms.garbage
    this.#order = rooms.order
    this.#usage = rooms.usage
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

  create(begun: Omit<Upload, 'uploadId'>): Upload {
    const upload = { ...begun, uploadId: this.#order.next() as UploadId }
    const { bucket, key, uploadId } = upload
    this.#tables.uploads.putSync(textKey(bucket, key, uploadId), encodeUpload(upload))
    const state = encodeUploadState({ epoch: 0, parts: 0, bytes: 0 })
    this.#tables.states.putSync(uploadIdKey(uploadId), state)
    this.#usage.add(bucket, { uploads: 1 })
    return upload
  }

  /** The blob and the bytes of the part of that number. */
  findPart(
    uploadId: UploadId,
    partNumber: number,
  ): { readonly blobId: BlobId; readonly size: number } | undefined {
    const row = this.#tables.parts.get(partKey(uploadId, partNumber))
    return row && { blobId: blobOfPart(row), size: sizeOfPart(row) }
  }

  /** Puts the part in the place of one of `replacedSize` bytes, or of none. */
  putPart(
    { bucket, uploadId }: UploadRef,
    state: UploadState,
    part: Part,
    replacedSize: number | undefined,
  ): void {
    this.#tables.parts.putSync(partKey(uploadId, part.partNumber), encodePart(part))
    const more = {
      parts: replacedSize === undefined ? 1 : 0,
      partBytes: part.size - (replacedSize ?? 0),
    }
    const next = {
      epoch: state.epoch + 1,
      parts: state.parts + more.parts,
      bytes: state.bytes + more.partBytes,
    }
    this.#tables.states.putSync(uploadIdKey(uploadId), encodeUploadState(next))
    this.#usage.add(bucket, more)
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
    this.#usage.add(bucket, { uploads: -1, parts: -state.parts, partBytes: -state.bytes })
    if (state.parts > 0) this.#garbage.addParts(withBlobs ? 'parts' : 'part-rows', uploadId)
  }

  #row({ bucket, key, uploadId }: UploadRef): Uint8Array | undefined {
    return isTimeOrdered(uploadId)
      ? findRow(this.#tables.uploads, bucket, key, uploadId)
      : undefined
  }
}
