/** The tables of the environment, and reading a run of rows from one. */

import type { RootDatabase } from 'lmdb'
import { textKeyIfAny } from './keys.ts'
import { type Row, Table, type TableOptions } from './sealed-table.ts'

export type Environment = RootDatabase<Uint8Array, Uint8Array>

/** What all processes share that have the environment open. */
export interface SharedInfo {
  /** A number that each commit raises. */
  readonly lastTxnId: number
  /** Readers at most at one time, since somebody opened it whom no other was beside. */
  readonly numReaders: number
}

export function sharedInfo(environment: Environment): SharedInfo {
  // `getStats` tells the same, and counts much else for it.
  const { env: native } = environment as unknown as { readonly env: { info(): SharedInfo } }
  return native.info()
}

export interface Tables {
  /** Single values, by name. */
  readonly meta: Table
  /** name → bucket */
  readonly buckets: Table
  /** bucket, name → what is set */
  readonly settings: Table
  /** bucket → what it holds */
  readonly usage: Table
  /** owner, name → nothing */
  readonly owners: Table
  /** bucket, key → the newest version if it is an object, with its manifest if that is short */
  readonly objects: Table
  /** bucket, key, order → any other version; the newest comes first */
  readonly versions: Table
  /** bucket, key → the order under which `versions` has the version `null` */
  readonly nulls: Table
  /** manifest, segment → entries */
  readonly manifests: Table
  /** bucket, key, upload id → upload */
  readonly uploads: Table
  /** upload id → its state; present exactly as long as the upload */
  readonly states: Table
  /** upload id, part number → part; rows of an ended upload are garbage */
  readonly parts: Table
  /** blob id → nothing; present for blobs that are named, and those that are garbage */
  readonly blobs: Table
  /** blob id → its bytes, of blobs that have no file; present as long as it is in `blobs` */
  readonly small: Table
  /** blob id → nothing; claimed by the collector */
  readonly condemned: Table
  /** time, order → item of garbage */
  readonly garbage: Table
  /** process → lease */
  readonly leases: Table
}

/** Stated for each table: what is left out is inherited from the environment. */
export const binary = { encoding: 'binary', keyEncoding: 'binary' } as const

export function openTables(environment: Environment, options?: TableOptions): Tables {
  const table = (name: keyof Tables): Table =>
    new Table(name, environment.openDB({ ...binary, name }), options)
  return {
    meta: table('meta'),
    buckets: table('buckets'),
    settings: table('settings'),
    usage: table('usage'),
    owners: table('owners'),
    objects: table('objects'),
    versions: table('versions'),
    nulls: table('nulls'),
    manifests: table('manifests'),
    uploads: table('uploads'),
    states: table('states'),
    parts: table('parts'),
    blobs: table('blobs'),
    small: table('small'),
    condemned: table('condemned'),
    garbage: table('garbage'),
    leases: table('leases'),
  }
}

/** The row of these texts, if there is one. */
export function findRow(table: Table, ...texts: readonly string[]): Uint8Array | undefined {
  const key = textKeyIfAny(...texts)
  return key && table.get(key)
}

/** Rows from `start`, inclusive, to `end`, exclusive. The cursor is released before this returns. */
export function rowsBetween(
  table: Table,
  start: Uint8Array,
  end: Uint8Array,
  limit: number,
): Row[] {
  return [...table.getRange({ start, end, limit })]
}

export function keysBetween(
  table: Table,
  start: Uint8Array,
  end: Uint8Array,
  limit: number,
): Uint8Array[] {
  return [...table.getKeys({ start, end, limit })]
}

export const nothing: Uint8Array = new Uint8Array(0)
