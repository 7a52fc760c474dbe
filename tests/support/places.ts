/**
 * Where the servers of the tests keep their data when a run is to be over PostgreSQL and an S3 engine:
 * `LADING_TEST_METADATA` and `LADING_TEST_BLOBS` are their addresses, and each data directory, and each
 * server without one, has a place of its own there. Without those variables everything is as tests say.
 */

import { randomBytes } from 'node:crypto'

export interface Place {
  readonly metadata: string
  readonly blobs: string
}

/** What a gateway is given and never makes; tests that give their own keep it. */
export const MASTER_KEY: string = '5a'.repeat(32)

const places = new Map<string, Promise<Place>>()

/** The same place for a directory each time; `undefined` when the run is over the embedded engines. */
export async function placeOf(directory: string | undefined): Promise<Place | undefined> {
  const { LADING_TEST_METADATA: metadata, LADING_TEST_BLOBS: blobs } = process.env
  if (!metadata || !blobs) return undefined
  if (directory === undefined) return await makePlace(metadata, blobs)
  const known = places.get(directory) ?? makePlace(metadata, blobs)
  places.set(directory, known)
  return await known
}

async function makePlace(metadata: string, blobs: string): Promise<Place> {
  const name = `place_${randomBytes(8).toString('hex')}`
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: metadata })
  await client.connect()
  try {
    await client.query(`CREATE SCHEMA ${name}`)
  } finally {
    await client.end()
  }
  const [bucket = '', query = ''] = blobs.split('?')
  return {
    metadata: `${metadata}?options=-c%20search_path%3D${name}`,
    blobs: `${bucket}/${name}?${query}`,
  }
}

/** The keys of the engine objects in a place, at most a thousand. */
export async function objectsOf({ blobs }: Place): Promise<string[]> {
  const { ListObjectsV2Command, S3Client } = await import('@aws-sdk/client-s3')
  const { hostname, pathname, searchParams } = new URL(blobs)
  const client = new S3Client({
    endpoint: searchParams.get('endpoint')?.split(',')[0] ?? '',
    region: searchParams.get('region') ?? '',
    forcePathStyle: true,
  })
  const prefix = `${pathname.slice(1)}/`
  try {
    const page = await client.send(new ListObjectsV2Command({ Bucket: hostname, Prefix: prefix }))
    return (page.Contents ?? []).map(({ Key: key = '' }) => key.slice(prefix.length))
  } finally {
    client.destroy()
  }
}
