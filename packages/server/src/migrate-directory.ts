/** Moves a data directory to the engines that gateways share. */

import { realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { loadHasher } from '@lading/protocol'
import { type MigrationEngines, openMigration } from './compose.ts'
import { countStore, type MoveReport, type MoveStage, moveStore } from './migrate/move-store.ts'
import type { StoreCounts } from './migrate/walk-items.ts'

export type { MoveStage, StoreCounts }

/** Where to. */
export interface MigrationTarget {
  /** `postgres://USER:PASSWORD@HOST:PORT/DATABASE` */
  readonly metadata: string
  /** `s3://BUCKET/PREFIX?endpoint=http://HOST:PORT&region=REGION` */
  readonly blobs: string
}

export interface MigrateOptions {
  /** That of the server, where it is not kept in the directory: 64 hexadecimal digits. */
  readonly masterKey?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** Called when a stage begins; `counts` is all that there is to be moved. */
  readonly onStage?: ((stage: MoveStage, counts: StoreCounts) => void) | undefined
  /** Bytes that are in the target, of which `kept` an earlier run has copied. */
  readonly onProgress?:
    | ((bytes: { readonly there: number; readonly kept: number }) => void)
    | undefined
}

export interface MigrateReport extends MoveReport {
  /** Files of secrets in the directory, which stay there and which every gateway needs alike. */
  readonly secrets: readonly string[]
}

/** What lies beside the data and is no data. */
const SECRETS = ['master.key', 'credentials.json', 'callback-key.pem']

/**
 * Moves all that a data directory holds into an empty database and an empty place of an S3 engine:
 * buckets with their settings, all versions, open uploads with their ids and parts. The directory is
 * left as it is, and must not be served meanwhile. Bytes are compared with the sums in their rows while
 * they are copied, and afterwards the rows of both. Broken off anywhere, it is called again and goes on:
 * bytes that were copied are not copied again. Until it has finished the database cannot be served.
 *
 * @throws {Error} there is no data directory, something serves it, the target holds something else, or
 *   an engine fails.
 */
export async function migrateDirectory(
  directory: string,
  target: MigrationTarget,
  options: MigrateOptions = {},
): Promise<MigrateReport> {
  return await withEngines(directory, target, options, async ({ source, openTarget }) => {
    const dependencies = {
      source,
      target: await openTarget(),
      makeHasher: await loadHasher(),
      now: () => new Date(),
    }
    const names = { source: await realpath(directory), blobs: placeOf(target.blobs) }
    const report = await moveStore(dependencies, names, options)
    return { ...report, secrets: await secretsIn(directory) }
  })
}

/** Counts what would be moved, and asks no engine but the directory's. @throws {Error} as above. */
export async function planMigration(
  directory: string,
  target: MigrationTarget,
): Promise<{ readonly counts: StoreCounts; readonly secrets: readonly string[] }> {
  return await withEngines(directory, target, {}, async ({ source }) => {
    return { counts: await countStore(source.rows), secrets: await secretsIn(directory) }
  })
}

async function withEngines<Result>(
  directory: string,
  target: MigrationTarget,
  { masterKey }: MigrateOptions,
  use: (engines: MigrationEngines) => Promise<Result>,
): Promise<Result> {
  if (!(await isThere(join(directory, 'meta', 'data.mdb')))) {
    throw new Error(`${directory} is no data directory.`)
  }
  const engines = await openMigration(directory, target, { masterKey })
  try {
    return await use(engines)
  } finally {
    await engines.close()
  }
}

/** The bucket and prefix; endpoints may be others the next time. */
function placeOf(address: string): string {
  const end = address.indexOf('?')
  return (end < 0 ? address : address.slice(0, end)).replace(/\/+$/, '')
}

async function secretsIn(directory: string): Promise<readonly string[]> {
  const there = await Promise.all(SECRETS.map((name) => isThere(join(directory, name))))
  return SECRETS.filter((_, at) => there[at])
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}
