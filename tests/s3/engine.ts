/** A Ceph for the tests of one file, and in it a place of its own for each store. */

import { afterAll, beforeAll, describe, type SuiteAPI } from 'vitest'
import { S3BlobStore } from '../../packages/server/src/drivers/s3/s3-blob-store.ts'
import { type Ceph, type CephOptions, findCeph, startCeph } from '../../tools/services/ceph.mjs'

const isHere = findCeph()

if (!isHere) {
  const missing =
    'There is no Ceph here (apt-get install --no-install-recommends ceph-mon ceph-osd radosgw ceph-common)'
  if (process.env.CI) throw new Error(`${missing}, and under CI its tests must run.`)
  console.warn(`${missing}: its tests are skipped.`)
}

/** Skips its tests where there is no Ceph. */
export const describeWithCeph: SuiteAPI | SuiteAPI['skip'] = isHere ? describe : describe.skip

export interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface Engine {
  /** The cluster, for whoever wants to hurt it. */
  readonly cluster: Ceph
  readonly keys: Keys
  /** The address of a new place without blobs, through those endpoints instead of its own. */
  fresh(endpoints?: readonly string[]): string
}

const BUCKET = 'blobs'

/** Call it within `describeWithCeph`: the cluster and its bucket are there while its tests run. */
export function useEngine(options: CephOptions = {}): Engine {
  let cluster: Ceph | undefined
  let made = 0
  beforeAll(async () => {
    cluster = await startCeph(options)
    await cluster.makeBucket(BUCKET)
  }, 120_000)
  afterAll(async () => {
    await cluster?.stop()
  })
  const running = (): Ceph => {
    if (!cluster) throw new Error('Ceph was not started.')
    return cluster
  }
  return {
    get cluster() {
      return running()
    },
    get keys() {
      const { accessKeyId, secretAccessKey } = running()
      return { accessKeyId, secretAccessKey }
    },
    fresh(endpoints = running().endpoints) {
      return `s3://${BUCKET}/place-${made++}?endpoint=${endpoints.join(',')}&region=default`
    },
  }
}

export { S3BlobStore }
