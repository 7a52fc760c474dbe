/** Starts PostgreSQL and Ceph once for a run of the suite over them, and says where they are. */

import { findCeph, startCeph } from '../../tools/services/ceph.mjs'
import { findPostgres, startPostgres } from '../../tools/services/postgres.mjs'

export default async function startEngines(): Promise<() => Promise<void>> {
  if (!findPostgres() || !findCeph()) {
    throw new Error('This run needs PostgreSQL and Ceph: see CONTRIBUTING.md.')
  }
  const [postgres, ceph] = await Promise.all([
    startPostgres({ settings: { max_connections: 500 } }),
    startCeph(),
  ])
  await ceph.makeBucket('blobs')
  process.env.LADING_TEST_METADATA = postgres.url
  process.env.LADING_TEST_BLOBS = `s3://blobs?endpoint=${ceph.endpoints.join(',')}&region=${ceph.region}`
  process.env.AWS_ACCESS_KEY_ID = ceph.accessKeyId
  process.env.AWS_SECRET_ACCESS_KEY = ceph.secretAccessKey
  return async () => {
    await Promise.all([postgres.stop(), ceph.stop()])
  }
}
