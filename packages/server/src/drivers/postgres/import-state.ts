/** Whether another store is being moved into these tables, and which. */

import type { Connections } from './connections.ts'
import { textOf, toHex } from './rows.ts'

export interface ImportRow {
  readonly migration: Buffer
  readonly source: Buffer
  readonly blobs: Buffer
  readonly finished: boolean
}

/** @throws {Error} what is here is a part of what is to come: to serve it would be to lose the rest. */
export async function requireWhole(connections: Connections): Promise<void> {
  const { rows } = await connections.ask<ImportRow>('findImport')
  const [row] = rows
  if (!row || row.finished) return
  throw new Error(
    `The database is only a part of ${textOf(row.source)} so far: the migration ${toHex(row.migration)} into it is not finished. Run it again.`,
  )
}
