/** `s3rver`, an S3 server for tests, as a server of the bench; installed on demand. */

import S3rver from 's3rver'
import { answerAsks } from '../dist/bench/workers/answer-asks.js'

const { directory } = JSON.parse(process.argv[2])
const server = new S3rver({
  port: 0,
  address: '127.0.0.1',
  silent: true,
  directory,
  allowMismatchedSignatures: true,
  configureBuckets: [{ name: 'bench' }],
})
const { port } = await server.run()
answerAsks({ address: () => port })
