/** Moves another store into an empty database, which cannot be served before all of it is there. */

import { randomBytes } from 'node:crypto'
import type { BlobId } from '../../ports/blob-store.ts'
import type { CopiedBlob, MigrationNames, StoreExport, StoreImport } from '../../ports/migration.ts'
import { rowsOver } from './audit.ts'
import { type Connection, Connections } from './connections.ts'
import { Export } from './export.ts'
import { emptied, replaceRows } from './import-rows.ts'
import type { ImportRow } from './import-state.ts'
import { migrate } from './migrate.ts'
import { blobColumn, blobIdOf, bytesOf, fromHex, textOf, toHex } from './rows.ts'

export interface PostgresImportOptions {
  /** `postgres://user:password@host:port/database`; the tables are made in its first schema. */
  readonly url: string
}

/** Rows come many at once, and a table of millions is emptied by tens of thousands. */
const STATEMENT_MS = 120_000

interface NoteRow {
  readonly blob_id: Buffer
  readonly size: number
  readonly md5: Buffer
  readonly crc64: Buffer
}

export class PostgresImport implements StoreImport {
  readonly #connections: Connections
  /** Holds the migration against other processes, for as long as it lives. */
  #holder: Connection | undefined

  private constructor(connections: Connections) {
    this.#connections = connections
  }

  /**
   * Makes the tables or brings them up to date.
   *
   * @throws {EngineUnavailableError} the database cannot be reached.
   */
  static async open({ url }: PostgresImportOptions): Promise<PostgresImport> {
    const connections = new Connections({
      url,
      size: 20,
      waitMs: 30_000,
      statementMs: STATEMENT_MS,
    })
    try {
      await migrate(connections)
      return new PostgresImport(connections)
    } catch (error) {
      await connections.close()
      throw error
    }
  }

  async begin(
    names: MigrationNames,
    prepare: () => Promise<void>,
  ): Promise<{ readonly id: string; readonly state: 'begun' | 'resumed' | 'finished' }> {
    const found = (await this.#connections.ask<ImportRow>('findImport')).rows[0]
    if (found) requireSame(found, names)
    else await this.#requireEmpty()
    if (!found) await prepare()
    if (found?.finished) return { id: toHex(found.migration), state: 'finished' }
    const id = randomBytes(16)
    const { source, blobs } = names
    await this.#connections.ask('addImport', [id, bytesOf(source), bytesOf(blobs)])
    const held = await this.#hold()
    requireSame(held, names)
    return {
      id: toHex(held.migration),
      state: held.finished ? 'finished' : found ? 'resumed' : 'begun',
    }
  }

  async *notes(): AsyncIterable<CopiedBlob> {
    const connection = await this.#connections.borrow()
    let isSound = false
    try {
      const pages = rowsOver<NoteRow>(connection, 'listNotes', [Buffer.alloc(0)], (row) => [
        row.blob_id,
      ])
      for await (const { blob_id, size, md5, crc64 } of pages) {
        yield { id: blobIdOf(blob_id), size, md5, crc64: crc64.readBigUInt64BE() }
      }
      isSound = true
    } finally {
      connection.giveBack(isSound)
    }
  }

  async note({ id, size, md5, crc64 }: CopiedBlob): Promise<void> {
    const sum = Buffer.alloc(8)
    sum.writeBigUInt64BE(crc64)
    await this.#connections.ask('noteBlob', [fromHex(id), size, Buffer.from(md5), sum])
  }

  async forget(blobs: readonly BlobId[]): Promise<void> {
    await this.#connections.ask('forgetNotes', [blobColumn(blobs)])
  }

  async replaceRows(
    source: StoreExport,
    options?: { readonly signal?: AbortSignal },
  ): Promise<void> {
    await replaceRows(this.#connections, source, options)
  }

  async export(): Promise<StoreExport> {
    return await Export.begin(this.#connections)
  }

  async finish(): Promise<void> {
    const holder = this.#holder
    if (!holder) throw new Error('The migration was not begun.')
    // By the connection that holds it: another one would wait for it.
    await holder.ask('finishImport')
    await holder.ask('commit')
    await emptied(this.#connections, 'clearNotes')
  }

  async close(): Promise<void> {
    this.#holder?.giveBack(false)
    this.#holder = undefined
    await this.#connections.close()
  }

  async #hold(): Promise<ImportRow> {
    const holder = await this.#connections.borrow()
    this.#holder = holder
    await holder.ask('begin')
    // It stands still for as long as bytes are copied.
    await holder.ask('takeTime')
    const { rows } = await holder.ask<ImportRow>('holdImport')
    const [row] = rows
    if (!row) throw new Error('Another process is moving a store into this database.')
    return row
  }

  async #requireEmpty(): Promise<void> {
    const { rows } = await this.#connections.ask<{ anything: boolean }>('holdsAnything')
    if (!rows[0]?.anything) return
    throw new Error(
      'The database holds another store already: a migration needs one that is empty.',
    )
  }
}

/** @throws {Error} saying which of the two differs. */
function requireSame(row: ImportRow, names: MigrationNames): void {
  const [source, blobs] = [textOf(row.source), textOf(row.blobs)]
  if (source !== names.source) {
    throw new Error(`The database holds what was moved from ${source}, not from ${names.source}.`)
  }
  if (blobs !== names.blobs) {
    throw new Error(
      `The migration into this database has its bytes at ${blobs}, not at ${names.blobs}.`,
    )
  }
}
