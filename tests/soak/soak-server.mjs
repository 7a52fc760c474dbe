/**
 * One of several servers over the directory that it is given, which collects, ages and scrubs all the
 * time. Prints its port.
 */

import { startServer } from '@lading/server'

const [directory, accessKeyId, accessKeySecret] = process.argv.slice(2)

const server = await startServer({
  data: { directory },
  credentials: [{ accessKeyId, accessKeySecret }],
  collect: { graceMs: 5_000, orphanAgeMs: 30_000, intervalMs: 5_000 },
  lifecycle: { abortUploadsAfterMs: 30_000, intervalMs: 5_000 },
  scrubRate: 4 << 20,
})
console.log(server.port)
process.once('SIGTERM', () => server.close().then(() => process.exit(0)))
