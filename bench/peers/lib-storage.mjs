/** `@aws-sdk/lib-storage` as a client of the bench; installed on demand, and so without types. */

import { createReadStream } from 'node:fs'
import { S3Client } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { answerAsks } from '../dist/bench/workers/answer-asks.js'

answerAsks({
  async upload({ port, file }) {
    const client = new S3Client({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    })
    const cpu = process.cpuUsage()
    const began = performance.now()
    const upload = new Upload({
      client,
      params: { Bucket: 'bench', Key: 'object', Body: createReadStream(file) },
      partSize: 8 * 1024 * 1024,
      queueSize: 5,
    })
    await upload.done()
    const wallMs = performance.now() - began
    const { user, system } = process.cpuUsage(cpu)
    const peakRss = process.resourceUsage().maxRSS * 1024
    return { wallMs, cpuMs: (user + system) / 1000, peakRss }
  },
})
