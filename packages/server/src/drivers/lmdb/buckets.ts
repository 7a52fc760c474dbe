/** Buckets in the tables, and by owner. The methods that write belong inside a transaction. */

import type { Bucket, Page } from '../../ports/metadata-store.ts'
import { afterAll, justAfter, position, textKey } from './keys.ts'
import { decodeBucket, encodeBucket } from './records.ts'
import { findRow, keysBetween, nothing, type Tables } from './tables.ts'

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

  /** What keeps the bucket from being deleted. */
  holds(name: string): 'has-objects' | 'has-uploads' | undefined {
    const start = position(`${name}\0`)
    const end = afterAll(start)
    if (keysBetween(this.#tables.objects, start, end, 1).length > 0) return 'has-objects'
    if (keysBetween(this.#tables.uploads, start, end, 1).length > 0) return 'has-uploads'
    return undefined
  }

  list({
    owner,
    prefix,
    after,
    limit,
  }: {
    readonly owner: string
    readonly prefix: string
    readonly after: string | undefined
    readonly limit: number
  }): Page<Bucket> {
    const first = position(`${owner}\0${prefix}`)
    const next = after === undefined ? first : justAfter(position(`${owner}\0${after}`))
    const start = Buffer.compare(next, first) > 0 ? next : first
    const end = afterAll(first)
    const keys =
      Buffer.compare(start, end) < 0 ? keysBetween(this.#tables.owners, start, end, limit + 1) : []
    const found = keys.flatMap(
      (key) =>
        this.find(
          Buffer.from(key)
            .toString()
            .slice(owner.length + 1),
        ) ?? [],
    )
    return { rows: found.slice(0, limit), truncated: found.length > limit }
  }
}
