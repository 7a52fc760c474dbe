/** A Ceph for the tests of one file, and in it a place of its own for each store. */

import { afterAll, beforeAll, describe, type SuiteAPI } from 'vitest'
import {
  S3BlobStore,
  type S3BlobStoreOptions,
} from '../../packages/server/src/drivers/s3/s3-blob-store.ts'
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
  }, 300_000)
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

/** Changes a byte of an engine object, as a failing disk might. */
export async function flipByte(
  { cluster, keys }: Engine,
  address: string,
  name: string,
  at: number,
): Promise<void> {
  const { GetObjectCommand, PutObjectCommand, S3Client } = await import('@aws-sdk/client-s3')
  const { endpoints, region } = cluster
  const endpoint = endpoints[0] ?? ''
  const client = new S3Client({ endpoint, region, credentials: keys, forcePathStyle: true })
  const { hostname, pathname } = new URL(address)
  const place = { Bucket: hostname, Key: `${pathname.slice(1)}/${name}` }
  const { Body: body } = await client.send(new GetObjectCommand(place))
  const bytes = (await body?.transformToByteArray()) ?? new Uint8Array()
  bytes[at] = (bytes[at] ?? 0) ^ 1
  await client.send(new PutObjectCommand({ ...place, Body: bytes }))
  client.destroy()
}

export { S3BlobStore, type S3BlobStoreOptions }
