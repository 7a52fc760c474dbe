/**
 * Reads all that a data directory holds, in a process of its own: what changed in LMDB's pages may end it.
 * For each line of standard input, a directory, it answers with one line of JSON: what `ali-oss`, which
 * compares nothing, was served, and what fsck found.
 */

import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'
import { checkDirectory, startServer } from '@lading/server'
import OSS from 'ali-oss'

const credentials = { accessKeyId: 'reader', accessKeySecret: 'a secret of no worth' }

// LMDB leaves rejections that nobody can catch; what matters is what is answered.
process.on('unhandledRejection', () => {})

for await (const directory of createInterface({ input: process.stdin })) {
  const served = await readAll(directory).catch((error) => ({ refused: String(error) }))
  const problems = await checkDirectory(directory, { deep: true }).then(
    (report) => report.problems.map(({ kind }) => kind),
    (error) => [`refused: ${error}`],
  )
  process.stdout.write(`${JSON.stringify({ served, problems })}\n`)
}

async function readAll(directory) {
  const server = await startServer({
    data: { directory },
    credentials: [credentials],
    collect: { intervalMs: 0 },
  })
  try {
    return await read(server.url)
  } finally {
    await server.close({ graceMs: 0 })
  }
}

async function read(endpoint) {
  const client = new OSS({ endpoint, ...credentials, sldEnable: true, bucket: 'films' })
  const answers = {}
  const ask = async (name, question) => {
    answers[name] = await question().catch((error) => `refused: ${error.code ?? error.name}`)
  }
  await ask('list', async () => {
    const { objects = [] } = await client.list({ 'max-keys': 100 })
    return objects.map(({ name, size, etag }) => [name, size, etag])
  })
  for (const key of ['small', 'large', 'of parts']) {
    await ask(key, async () => {
      const { content, res } = await client.get(key)
      const { etag, 'content-type': type, 'x-oss-meta-by': by } = res.headers
      const hash = createHash('sha256').update(content).digest('hex')
      return [content.length, hash, etag, type, by, res.headers['x-oss-hash-crc64ecma']]
    })
    await ask(`a range of ${key}`, async () => {
      const { content } = await client.get(key, { headers: { Range: 'bytes=1000-1999' } })
      return createHash('sha256').update(content).digest('hex')
    })
  }
  await ask('uploads', async () => {
    const { uploads = [] } = await client.listUploads({ 'max-uploads': 100 })
    return uploads.map(({ name, uploadId }) => [name, uploadId])
  })
  for (const [key, uploadId] of Array.isArray(answers.uploads) ? answers.uploads : []) {
    await ask(`parts of ${key}`, async () => {
      const { parts } = await client.listParts(key, uploadId)
      return parts.map(({ PartNumber, ETag, Size }) => [PartNumber, ETag, Size])
    })
  }
  await ask('acl', async () => (await client.getBucketACL('films')).acl)
  return answers
}
