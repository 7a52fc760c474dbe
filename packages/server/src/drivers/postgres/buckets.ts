/** Buckets, their settings, and what they hold. */

import type { Bucket, BucketUsage, Page } from '../../ports/metadata-store.ts'
import type { Connections } from './connections.ts'
import { KnownSettings, type Settings } from './known-settings.ts'
import { afterAll, bytesOf, decodeBucket, encodeBucket, isKey, justAfter, textOf } from './rows.ts'
import type { Transaction, Transactions } from './transactions.ts'

export interface BucketQuery {
  readonly owner: string | undefined
  readonly prefix: string
  readonly after: string | undefined
  readonly limit: number
}

/** How a transaction looks at a bucket: others may as well, or nobody else. */
type Hold = 'shareBucket' | 'holdBucket'

export async function lockBucket(
  transaction: Transaction,
  name: string,
  hold: Hold,
): Promise<Bucket | undefined> {
  if (!isKey(name)) return undefined
  const [row] = await transaction.read<{ said: Buffer }>(hold, [bytesOf(name)])
  return row && decodeBucket(name, row.said)
}

export class Buckets {
  readonly #connections: Connections
  readonly #transactions: Transactions
  readonly #settings = new KnownSettings((bucket) => this.#settingsOf(bucket))

  constructor(connections: Connections, transactions: Transactions) {
    this.#connections = connections
    this.#transactions = transactions
  }

  async create(bucket: Bucket): Promise<{ created: boolean; bucket: Bucket }> {
    const { name, owner } = bucket
    return await this.#transactions.run(async (transaction) => {
      for (;;) {
        const standing = await lockBucket(transaction, name, 'shareBucket')
        if (standing) return { created: false, bucket: standing }
        const values = [bytesOf(name), bytesOf(owner), encodeBucket(bucket)]
        const { count } = await transaction.change('addBucket', values)
        if (count > 0) return { created: true, bucket }
      }
    })
  }

  async find(name: string): Promise<Bucket | undefined> {
    if (!isKey(name)) return undefined
    const { rows } = await this.#connections.ask<{ said: Buffer }>('findBucket', [bytesOf(name)])
    return rows[0] && decodeBucket(name, rows[0].said)
  }

  async update(name: string, change: (bucket: Bucket) => Bucket): Promise<Bucket | undefined> {
    return await this.#transactions.run(async (transaction) => {
      const standing = await lockBucket(transaction, name, 'holdBucket')
      if (!standing) return undefined
      const changed = { ...change(standing), name }
      const values = [bytesOf(name), bytesOf(changed.owner), encodeBucket(changed)]
      await transaction.change('changeBucket', values)
      return changed
    })
  }

  async list({ owner, prefix, after, limit }: BucketQuery): Promise<Page<Bucket>> {
    const first = bytesOf(prefix)
    const next = after === undefined ? first : justAfter(bytesOf(after))
    const start = Buffer.compare(next, first) > 0 ? next : first
    const range = [start, afterAll(first), limit + 1]
    type Row = { readonly name: Buffer; readonly said: Buffer }
    const { rows } =
      owner === undefined
        ? await this.#connections.ask<Row>('listBuckets', range)
        : await this.#connections.ask<Row>('listBucketsOfOwner', [...range, bytesOf(owner)])
    const buckets = rows.map(({ name, said }) => decodeBucket(textOf(name), said))
    return { rows: buckets.slice(0, limit), truncated: buckets.length > limit }
  }

  async remove(name: string): Promise<'deleted' | 'missing' | 'has-objects' | 'has-uploads'> {
    return await this.#changing(name, async (transaction) => {
      if (!(await lockBucket(transaction, name, 'holdBucket'))) return 'missing'
      const column = bytesOf(name)
      const [held] = await transaction.read<{ objects: boolean; uploads: boolean }>(
        'whatBucketHolds',
        [column],
      )
      if (held?.objects) return 'has-objects'
      if (held?.uploads) return 'has-uploads'
      await transaction.change('removeBucket', [column])
      return 'deleted'
    })
  }

  async putSetting(bucket: string, name: string, value: string | undefined): Promise<boolean> {
    return await this.#changing(bucket, async (transaction) => {
      if (!(await lockBucket(transaction, bucket, 'shareBucket'))) return false
      const place = [bytesOf(bucket), bytesOf(name)]
      if (value === undefined) await transaction.change('removeSetting', place)
      else await transaction.change('putSetting', [...place, bytesOf(value)])
      return true
    })
  }

  async findSetting(bucket: string, name: string): Promise<string | undefined> {
    return (await this.#settings.of(bucket)).get(name)
  }

  async usageOf(name: string): Promise<BucketUsage | undefined> {
    const { rows } = await this.#connections.ask<UsageRow>('usageOf', [bytesOf(name)])
    return rows.length > 0 ? usageFrom(rows) : undefined
  }

  async #settingsOf(bucket: string): Promise<Settings> {
    type Row = { readonly name: Buffer; readonly value: Buffer }
    const { rows } = await this.#connections.ask<Row>('findSettings', [bytesOf(bucket)])
    return new Map(rows.map(({ name, value }) => [textOf(name), textOf(value)]))
  }

  /** A transaction that changes what is set on the bucket. */
  async #changing<Result>(
    bucket: string,
    work: (transaction: Transaction) => Promise<Result>,
  ): Promise<Result> {
    try {
      return await this.#transactions.run(work)
    } finally {
      this.#settings.forget(bucket)
    }
  }
}

/** The sums of one class over all shards; none of them in a bucket that never held anything. */
export interface UsageRow {
  readonly class: Buffer | null
  readonly objects: number | null
  readonly bytes: number | null
  readonly markers: number | null
  readonly uploads: number | null
  readonly parts: number | null
  readonly part_bytes: number | null
}

export function usageFrom(rows: readonly UsageRow[]): BucketUsage {
  const classes: Record<string, { objects: number; bytes: number }> = {}
  const held = { deleteMarkers: 0, uploads: 0, parts: 0, partBytes: 0 }
  for (const row of rows) {
    if (row.class && row.objects) {
      classes[textOf(row.class)] = { objects: row.objects, bytes: row.bytes ?? 0 }
    }
    held.deleteMarkers += row.markers ?? 0
    held.uploads += row.uploads ?? 0
    held.parts += row.parts ?? 0
    held.partBytes += row.part_bytes ?? 0
  }
  return { classes, ...held }
}
