/** Buckets in the tables, and by owner. The methods that write belong inside a transaction. */

import type { Bucket, Page } from '../../ports/metadata-store.ts'
import { afterAll, justAfter, position, textKey } from './keys.ts'
import { decodeBucket, decodeText, encodeBucket, encodeText } from './records.ts'
import { findRow, keysBetween, nothing, type Tables } from './tables.ts'

// Names are text without U+0000.
const beforeNames = Uint8Array.of(0)
const beyondNames = Uint8Array.of(0xff)

export class Buckets {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  find(name: string): Bucket | undefined {
    const row = findRow(this.#tables.buckets, name)
    return row && decodeBucket(name, row)
  }

  put(bucket: Bucket): void {
    this.#tables.buckets.putSync(textKey(bucket.name), encodeBucket(bucket))
    this.#tables.owners.putSync(textKey(bucket.owner, bucket.name), nothing)
  }

  remove({ name, owner }: Bucket): void {
    this.#tables.buckets.removeSync(textKey(name))
    this.#tables.owners.removeSync(textKey(owner, name))
  }

  /** False when there is no such bucket. */
  putSetting(bucket: string, name: string, value: string | undefined): boolean {
    if (!this.find(bucket)) return false
    const key = textKey(bucket, name)
    if (value === undefined) this.#tables.settings.removeSync(key)
    else this.#tables.settings.putSync(key, encodeText(value))
    return true
  }

  findSetting(bucket: string, name: string): string | undefined {
    const row = findRow(this.#tables.settings, bucket, name)
    return row && decodeText(row)
  }

  removeSettings(bucket: string): void {
    const start = position(`${bucket}\0`)
    const keys = keysBetween(this.#tables.settings, start, afterAll(start), 1_000)
    for (const key of keys) this.#tables.settings.removeSync(key)
  }

  /** What keeps the bucket from being deleted. */
  holds(name: string): 'has-objects' | 'has-uploads' | undefined {
    const start = position(`${name}\0`)
    const end = afterAll(start)
    for (const table of [this.#tables.objects, this.#tables.versions]) {
      if (keysBetween(table, start, end, 1).length > 0) return 'has-objects'
    }
    if (keysBetween(this.#tables.uploads, start, end, 1).length > 0) return 'has-uploads'
    return undefined
  }

  list(query: {
    readonly owner: string | undefined
    readonly prefix: string
    readonly after: string | undefined
    readonly limit: number
  }): Page<Bucket> {
    const { owner, prefix, after, limit } = query
    const table = owner === undefined ? this.#tables.buckets : this.#tables.owners
    const before = owner === undefined ? '' : `${owner}\0`
    const first = before + prefix === '' ? beforeNames : position(`${before}${prefix}`)
    const next = after === undefined ? first : justAfter(position(`${before}${after}`))
    const start = Buffer.compare(next, first) > 0 ? next : first
    const end = first === beforeNames ? beyondNames : afterAll(first)
    const keys = Buffer.compare(start, end) < 0 ? keysBetween(table, start, end, limit + 1) : []
    const names = keys.map((key) => Buffer.from(key).toString().slice(before.length))
    const found = names.flatMap((name) => this.find(name) ?? [])
    return { rows: found.slice(0, limit), truncated: found.length > limit }
  }
}
