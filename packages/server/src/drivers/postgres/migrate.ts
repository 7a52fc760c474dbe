/** Brings the tables of a database to the version that this code works with. */

import type { Connection, Connections } from './connections.ts'
import { ConflictError, sqlStateOf, UNIQUE_VIOLATION } from './failures.ts'
import { migrations, versionTable } from './schema.ts'

/** "Already exists", which PostgreSQL also says of two that make one table in the same instant. */
const DUPLICATES = new Set([UNIQUE_VIOLATION, '42P07', '42710'])

const TRIES = 10

/**
 * Whoever comes first does all the steps, in one transaction, and the others wait for it.
 *
 * @throws {Error} the tables are of a version that is not known here.
 */
export async function migrate(connections: Connections): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await migrateOnce(connections)
    } catch (error) {
      if (!isRace(error) || tries === TRIES) throw error
    }
  }
}

async function migrateOnce(connections: Connections): Promise<void> {
  const connection = await connections.borrow()
  let isSound = false
  try {
    await connection.run(versionTable.create)
    await connection.run(versionTable.begin)
    await connection.run('BEGIN')
    await advance(connection)
    await connection.run('COMMIT')
    isSound = true
  } finally {
    // A connection that is closed takes its transaction with it.
    connection.giveBack(isSound)
  }
}

async function advance(connection: Connection): Promise<void> {
  const { rows } = await connection.run<{ version: number }>(versionTable.hold)
  const version = rows[0]?.version ?? 0
  if (version > migrations.length) {
    throw new Error(
      `The tables are of version ${version}, and this server knows versions up to ${migrations.length}. Start a newer server.`,
    )
  }
  if (version === migrations.length) return
  for (const step of migrations.slice(version)) {
    for (const statement of step) await connection.run(statement)
  }
  await connection.run(versionTable.advance, [migrations.length])
}

function isRace(error: unknown): boolean {
  return error instanceof ConflictError || DUPLICATES.has(sqlStateOf(error) ?? '')
}
