/** What each bucket holds, as counted by the transactions that change it. */

import type { BucketUsage, StoredObject } from '../../ports/metadata-store.ts'
import { textKey } from './keys.ts'
import { decodeUsage, encodeUsage } from './records.ts'
import { findRow, type Tables } from './tables.ts'

const nothingHeld: BucketUsage = {
  classes: {},
  deleteMarkers: 0,
  uploads: 0,
  parts: 0,
  partBytes: 0,
}

/** How the plain counts change. */
export type UsageChange = Partial<Omit<BucketUsage, 'classes'>>

export class Usage {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  of(bucket: string): BucketUsage {
    const row = findRow(this.#tables.usage, bucket)
    return row ? decodeUsage(row) : nothingHeld
  }

  /** Within a transaction. */
  add(bucket: string, change: UsageChange): void {
    const usage = this.of(bucket)
    this.#put(bucket, {
      classes: usage.classes,
      deleteMarkers: usage.deleteMarkers + (change.deleteMarkers ?? 0),
      uploads: usage.uploads + (change.uploads ?? 0),
      parts: usage.parts + (change.parts ?? 0),
      partBytes: usage.partBytes + (change.partBytes ?? 0),
    })
  }

  /** Within a transaction: an object has come, or (`sign` -1) gone. */
  addObject({ bucket, size, attributes }: StoredObject, sign: 1 | -1): void {
    this.addStored(bucket, attributes.storageClass, { objects: sign, bytes: sign * size })
  }

  /** Within a transaction. */
  addStored(
    bucket: string,
    storageClass: string,
    change: { readonly objects: number; readonly bytes: number },
  ): void {
    const usage = this.of(bucket)
    const { objects, bytes } = usage.classes[storageClass] ?? { objects: 0, bytes: 0 }
    const { [storageClass]: _, ...others } = usage.classes
    const next = { objects: objects + change.objects, bytes: bytes + change.bytes }
    const classes = next.objects === 0 ? others : { ...others, [storageClass]: next }
    this.#put(bucket, { ...usage, classes })
  }

  /** Within a transaction: the bucket is gone. */
  remove(bucket: string): void {
    this.#tables.usage.removeSync(textKey(bucket))
  }

  #put(bucket: string, usage: BucketUsage): void {
    this.#tables.usage.putSync(textKey(bucket), encodeUsage(usage))
  }
}
