/** Encryption at rest: what answers say of it, what lies on the disk, and under which key. */

import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkDirectory, type ServerOptions } from '@lading/server'
import { describe, expect, it } from 'vitest'
import { initiate, LEAST, putPart } from '../operations/multipart.ts'
import { startTestService, type TestService } from '../operations/service.ts'
import { completeBody, elementOf, etagOf } from '../support/oss-wire.ts'
import { blobFiles, temporaryDirectory } from '../support/temporary.ts'

const WORDS = 'nobody is to read this. '
const large = Buffer.alloc(LEAST, WORDS)
const algorithm = 'x-oss-server-side-encryption'
const dataAlgorithm = 'x-oss-server-side-data-encryption'
const keyId = 'x-oss-server-side-encryption-key-id'
const credentials = [{ accessKeyId: 'owner', accessKeySecret: 'secret' }]

const service = await startTestService()

/** How many files of blobs hold the words. */
async function readable(directory: string): Promise<number> {
  const paths = (await blobFiles(directory)).map((name) =>
    join(directory, 'blobs', name.slice(0, 2), name),
  )
  const files = await Promise.all(paths.map((path) => readFile(path)))
  return files.filter((bytes) => bytes.includes(WORDS)).length
}

/** Stores one object in each of the ways there are; all are of the words. */
async function storeInEveryWay(service: TestService, bucket: string): Promise<string[]> {
  const headers = { [algorithm]: 'AES256' }
  const source = { 'x-oss-copy-source': `/${bucket}/put` }
  await service.call({ method: 'PUT', bucket, key: 'put', body: large, headers })
  await service.call({ method: 'PUT', bucket, key: 'copy', headers: { ...headers, ...source } })
  for (const position of [0, LEAST]) {
    const query = { append: '', position: String(position) }
    await service.call({ method: 'POST', bucket, key: 'append', query, body: large, headers })
  }
  const upload = await initiate(service, bucket, 'parts', { [algorithm]: 'SM4' })
  await putPart(service, upload, 1, large)
  const { uploadId } = upload
  const query = { partNumber: '2', uploadId }
  await service.call({ method: 'PUT', bucket, key: 'parts', query, headers: source })
  const body = completeBody([
    [1, etagOf(large)],
    [2, etagOf(large)],
  ])
  await service.call({ method: 'POST', bucket, key: 'parts', query: { uploadId }, body })
  return ['put', 'copy', 'append', 'parts']
}

async function reads(service: TestService, bucket: string, key: string): Promise<string> {
  return (await service.call({ method: 'GET', bucket, key })).text
}

describe('encryption at rest', () => {
  it.each<[Record<string, string>]>([
    [{ [algorithm]: 'AES256' }],
    [{ [algorithm]: 'SM4' }],
    [{ [algorithm]: 'KMS', [keyId]: 'a-key' }],
    [{ [algorithm]: 'KMS', [dataAlgorithm]: 'SM4', [keyId]: 'a-key' }],
  ])('is told of by every answer about the object: %o', async (headers) => {
    const bucket = await service.makeBucket()
    const place = { bucket, key: 'k' }
    const answers = [await service.call({ method: 'PUT', ...place, body: 'x', headers })]
    for (const method of ['GET', 'HEAD']) answers.push(await service.call({ method, ...place }))
    const copying = { ...headers, 'x-oss-copy-source': `/${bucket}/k` }
    answers.push(await service.call({ method: 'PUT', bucket, key: 'copy', headers: copying }))
    for (const position of ['0', '1']) {
      const query = { append: '', position }
      const rest = position === '0' ? { headers } : {}
      const append = { method: 'POST', bucket, key: 'append', query, body: 'x', ...rest }
      answers.push(await service.call(append))
    }
    const begun = await service.call({ method: 'POST', ...place, query: { uploads: '' }, headers })
    const uploadId = elementOf(begun.text, 'UploadId') ?? ''
    const part = { method: 'PUT', ...place, query: { partNumber: '1', uploadId } }
    answers.push(begun, await service.call({ ...part, body: 'x' }))
    const from = { 'x-oss-copy-source': `/${bucket}/k` }
    answers.push(await service.call({ ...part, headers: from }))
    const body = completeBody([[1, etagOf(Buffer.from('x'))]])
    answers.push(await service.call({ method: 'POST', ...place, query: { uploadId }, body }))
    for (const answer of answers) {
      expect(answer.status).toBe(200)
      for (const name of [algorithm, dataAlgorithm, keyId]) {
        expect(answer.headers.get(name)).toBe(headers[name] ?? null)
      }
    }
  })

  it('names a key of its own where KMS is asked for without one, always the same', async () => {
    const bucket = await service.makeBucket()
    const ids = []
    for (const key of ['a', 'b']) {
      const headers = { [algorithm]: 'KMS' }
      const answer = await service.call({ method: 'PUT', bucket, key, headers, body: 'x' })
      ids.push(answer.headers.get(keyId))
    }
    expect(ids[0]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(ids[1]).toBe(ids[0])
  })

  it('is the bucket’s where the request names none, and a copy does not inherit it', async () => {
    const plain = await service.makeBucket()
    const bucket = await service.makeBucket({ headers: { [algorithm]: 'SM4' } })
    await service.call({ method: 'PUT', bucket, key: 'k', body: 'x' })
    const head = await service.call({ method: 'HEAD', bucket, key: 'k' })
    expect(head.headers.get(algorithm)).toBe('SM4')
    const headers = { 'x-oss-copy-source': `/${bucket}/k` }
    const copy = await service.call({ method: 'PUT', bucket: plain, key: 'copy', headers })
    expect([copy.status, copy.headers.get(algorithm)]).toEqual([200, null])
    const got = await service.call({ method: 'GET', bucket: plain, key: 'copy' })
    expect([got.text, got.headers.get(algorithm)]).toEqual(['x', null])
  })

  it('of an object can be changed in place, and stays where only its metadata is', async () => {
    const bucket = await service.makeBucket()
    const place = { method: 'PUT', bucket, key: 'k' }
    await service.call({ ...place, body: WORDS })
    const onto = { 'x-oss-copy-source': `/${bucket}/k`, 'x-oss-meta-a': 'b' }
    for (const [asked, told] of [
      ['AES256', 'AES256'],
      ['KMS', 'KMS'],
      [undefined, 'KMS'],
    ] as const) {
      const headers = { ...onto, ...(asked && { [algorithm]: asked }) }
      const answer = await service.call({ ...place, headers })
      expect([answer.status, answer.headers.get(algorithm)]).toEqual([200, told])
      const got = await service.call({ method: 'GET', bucket, key: 'k' })
      expect([got.text, got.headers.get(algorithm)]).toEqual([WORDS, told])
    }
  })

  it('leaves no word on the disk, whichever way the bytes came; what is not encrypted does', async () => {
    const directory = await temporaryDirectory()
    const kept = await startTestService({ data: { directory }, credentials })
    const bucket = await kept.makeBucket()
    const keys = await storeInEveryWay(kept, bucket)
    expect(await blobFiles(directory)).toHaveLength(6)
    expect(await readable(directory)).toBe(0)
    for (const key of keys) {
      const whole = large.toString().repeat(key === 'put' || key === 'copy' ? 1 : 2)
      expect(await reads(kept, bucket, key)).toBe(whole)
      const headers = { range: 'bytes=1000-1100' }
      const part = await kept.call({ method: 'GET', bucket, key, headers })
      expect(part.text).toBe(whole.slice(1000, 1101))
    }
    await kept.call({ method: 'PUT', bucket, key: 'plain', body: large })
    expect(await readable(directory)).toBe(1)
  })

  it('is under a key that the directory keeps for its owner alone, and checks read through it', async () => {
    const directory = await temporaryDirectory()
    const options: ServerOptions = { data: { directory }, credentials }
    const first = await startTestService(options)
    const bucket = await first.makeBucket()
    const file = join(directory, 'master.key')
    await expect(stat(file)).rejects.toThrow('ENOENT')
    const keys = await storeInEveryWay(first, bucket)
    const text = await readFile(file, 'utf8')
    expect(text).toMatch(/^[0-9a-f]{64}\n$/)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    await first.server.close({ graceMs: 0 })

    const report = await checkDirectory(directory, { deep: true })
    expect(report.problems).toEqual([])
    expect(report.verifiedBytes).toBe(6 * LEAST)
    const second = await startTestService(options)
    for (const key of keys) expect(await reads(second, bucket, key)).toContain(WORDS)
    await second.server.close({ graceMs: 0 })

    await writeFile(file, `${'0'.repeat(64)}\n`)
    await expect(checkDirectory(directory, { deep: true })).rejects.toThrow('master key')
    const wrong = await startTestService(options)
    const got = await wrong.call({ method: 'GET', bucket, key: 'put' })
    expect(got.status).toBe(500)
    expect(got.text).not.toContain(WORDS)
    await wrong.server.close({ graceMs: 0 })
    const given = await startTestService({ ...options, masterKey: text.trim() })
    expect(await reads(given, bucket, 'put')).toContain(WORDS)
    expect(
      (await checkDirectory(directory, { deep: true, masterKey: text.trim() })).problems,
    ).toEqual([])
  })

  it('is under one key for all who begin at once', async () => {
    const directory = await temporaryDirectory()
    const options: ServerOptions = { data: { directory }, credentials }
    const first = await startTestService(options)
    const services = [first, await startTestService(options)]
    const bucket = await first.makeBucket()
    await Promise.all(
      services.flatMap((service, index) =>
        ['a', 'b'].map((name) =>
          service.call({
            method: 'PUT',
            bucket,
            key: `${name}${index}`,
            body: WORDS,
            headers: { [algorithm]: 'AES256' },
          }),
        ),
      ),
    )
    for (const service of services) {
      for (const key of ['a0', 'b0', 'a1', 'b1']) {
        expect(await reads(service, bucket, key)).toBe(WORDS)
      }
    }
  })
})
