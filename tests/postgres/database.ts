/** A PostgreSQL for the tests of one file, and in it a place of its own for each store. */

import { afterAll, beforeAll, describe, type SuiteAPI } from 'vitest'
import { PostgresMetadataStore } from '../../packages/server/src/drivers/postgres/postgres-metadata-store.ts'
import { findPostgres, type Postgres, startPostgres } from '../../tools/services/postgres.mjs'

const isHere = findPostgres() !== undefined

if (!isHere) {
  const missing = 'There is no PostgreSQL here (apt-get install postgresql)'
  if (process.env.CI) throw new Error(`${missing}, and under CI its tests must run.`)
  console.warn(`${missing}: its tests are skipped.`)
}

/** Skips its tests where there is no PostgreSQL. */
export const describeWithPostgres: SuiteAPI | SuiteAPI['skip'] = isHere ? describe : describe.skip

export interface Database {
  /** The server, for whoever wants to hurt it. */
  readonly server: Postgres
  /** The address of a new place without tables. */
  fresh(): Promise<string>
}

/** Call it within `describeWithPostgres`: the server is there while its tests run. */
export function useDatabase(options: { readonly syncs?: boolean } = {}): Database {
  let server: Postgres | undefined
  let made = 0
  beforeAll(async () => {
    server = await startPostgres(options)
  })
  afterAll(async () => {
    await server?.stop()
  })
  const running = (): Postgres => {
    if (!server) throw new Error('PostgreSQL was not started.')
    return server
  }
  return {
    get server() {
      return running()
    },
    async fresh() {
      const schema = `place_${made++}`
      await running().query(`CREATE SCHEMA ${schema}`)
      return `${running().url}?options=-c%20search_path%3D${schema}`
    },
  }
}

export { PostgresMetadataStore }
