/** A PostgreSQL and a Ceph for the tests of one file, and in them places that any number of servers share. */

import { afterAll, beforeAll, type SuiteAPI } from 'vitest'
import { type CephOptions, findCeph } from '../../tools/services/ceph.mjs'
import { type Database, describeWithPostgres, useDatabase } from '../postgres/database.ts'
import { describeWithCeph, type Engine, useEngine } from '../s3/engine.ts'
import type { Place } from '../support/places.ts'

/** Skips its tests where either is missing. */
export const describeWithEngines: SuiteAPI | SuiteAPI['skip'] = findCeph()
  ? describeWithPostgres
  : describeWithCeph

export interface Engines {
  readonly database: Database
  readonly engine: Engine
  /** A new place without tables and blobs. */
  fresh(): Promise<Place>
}

/** Call it within `describeWithEngines`: both are there while its tests run, and servers know the engine's keys. */
export function useEngines(
  options: { readonly syncs?: boolean; readonly ceph?: CephOptions } = {},
): Engines {
  const database = useDatabase(options)
  const engine = useEngine(options.ceph)
  const variables = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const
  const before = variables.map((name) => process.env[name])

  beforeAll(() => {
    const { accessKeyId, secretAccessKey } = engine.keys
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    })
  })

  afterAll(() => {
    for (const [at, name] of variables.entries()) {
      const value = before[at]
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  })

  return {
    database,
    engine,
    async fresh() {
      return { metadata: await database.fresh(), blobs: engine.fresh() }
    },
  }
}
