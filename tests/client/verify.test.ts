/** How an upload is proved, against services whose answers differ from OSS's in what they say. */

import { createHash } from 'node:crypto'
import { type Transport, type UploadOptions, upload, type Verify } from '@lading/client/node'
import { crc64 } from '@lading/protocol'
import { parseFault } from '@lading/server'
import { describe, expect, test } from 'vitest'
import { BUCKET, KiB, randomContent, type Service, startService, tampering } from './service.ts'

const target = { bucket: BUCKET, key: 'proved' }
const partSize = 100 * KiB
const content = randomContent(3 * partSize + 77)
const CRC64 = 'x-oss-hash-crc64ecma'

type Request = Parameters<Transport['exchange']>[0]

const isPart = ({ path }: Request): boolean => path.includes('partNumber=')
const isComplete = ({ method, path }: Request): boolean =>
  method === 'POST' && path.includes('uploadId=')
/** What tells of the object in the end: HEAD is asked where the answer to Complete tells of another one. */
const isOfObject = (request: Request): boolean => isComplete(request) || request.method === 'HEAD'
const isPut = ({ method, path }: Request): boolean => method === 'PUT' && path.endsWith('/proved')

interface Change {
  readonly when: (request: Request) => boolean
  /** `undefined` takes the header away. */
  readonly set: Readonly<Record<string, string | undefined>>
}

/** The usual transport to a service that answers with other headers; notes what it was asked. */
function answering(...changes: readonly Change[]): { transport: Transport; asked: Request[] } {
  const asked: Request[] = []
  const transport = tampering((request, response) => {
    asked.push(request)
    const headers = new Map(response.headers)
    for (const { when, set } of changes) {
      if (!when(request)) continue
      for (const [name, value] of Object.entries(set)) {
        if (value === undefined) headers.delete(name)
        else headers.set(name, value)
      }
    }
    return { ...response, headers }
  })
  return { transport, asked }
}

/** As `answering`, with another ETag of the object; the body of the answer to Complete has it as well. */
function answeringObjectETag(etag: string, ...changes: readonly Change[]): Transport {
  const { transport } = answering(...changes)
  return {
    close: () => transport.close(),
    async exchange(request, options) {
      const response = await transport.exchange(request, options)
      if (!isOfObject(request)) return response
      const chunks: Uint8Array[] = []
      for await (const chunk of response.body) chunks.push(chunk)
      const text = Buffer.concat(chunks)
        .toString()
        .replace(/<ETag>.*<\/ETag>/, `<ETag>"${etag}"</ETag>`)
      async function* body(): AsyncGenerator<Uint8Array, void, void> {
        yield Buffer.from(text)
      }
      return {
        ...response,
        headers: new Map(response.headers).set('etag', `"${etag}"`),
        body: body(),
      }
    },
  }
}

function uploadTo(service: Service, transport: Transport, options: UploadOptions = {}) {
  const notices: string[] = []
  const client = service.connect({ transport })
  const onNotice = (notice: string): void => void notices.push(notice)
  const { done } = upload(client, content, target, { partSize, onNotice, ...options })
  return { done, notices }
}

const noCrc = { [CRC64]: undefined }
const encrypted = { etag: '"0123456789ABCDEF-SSE"', 'x-oss-server-side-encryption': 'KMS' }

function md5Hex(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex').toUpperCase()
}

function parts(): Uint8Array[] {
  return [0, 1, 2, 3].map((at) => content.subarray(at * partSize, (at + 1) * partSize))
}

describe('by default', () => {
  test("every part is proved by its MD5, and the object by the parts' ETags and CRC-64", async () => {
    const service = await startService()
    const { transport, asked } = answering()

    const result = await uploadTo(service, transport).done

    expect(result).toMatchObject({ verified: ['etag', 'crc64'], hashCrc64ecma: crc64(content) })
    const sent = asked.filter(isPart).map(({ headers }) => headers.get('content-md5'))
    expect(sent.sort()).toEqual(
      parts()
        .map((part) => createHash('md5').update(part).digest('base64'))
        .sort(),
    )
  })

  test('no CRC-64 is taken of what the MD5 proves', async () => {
    const service = await startService()
    const client = service.connect()
    const taken: boolean[] = []
    const hasher = client.hasher.bind(client)
    client.hasher = (options) => {
      taken.push(options?.crc64 ?? true)
      return hasher(options)
    }
    await upload(client, content, target, { partSize }).done
    await upload(client, content, target, { multipartThreshold: content.length }).done
    expect(taken).toEqual([false, false])
  })

  test('an object that the service says has another CRC-64 than its parts is no success', async () => {
    const service = await startService()
    const { transport } = answering({ when: isOfObject, set: { [CRC64]: '1' } })
    await expect(uploadTo(service, transport).done).rejects.toMatchObject({
      name: 'IntegrityError',
      subject: 'object',
    })
  })

  test('the ETag alone proves where the service knows no CRC-64', async () => {
    const service = await startService()
    const { transport } = answering({ when: () => true, set: noCrc })
    const { done, notices } = uploadTo(service, transport)
    await expect(done).resolves.toMatchObject({ verified: ['etag'] })
    expect(notices).toEqual([])
  })

  test('a part whose ETag is no MD5 is proved by its CRC-64', async () => {
    const service = await startService()
    const { transport } = answering({ when: isPut, set: encrypted })
    const { done } = uploadTo(service, transport, { multipartThreshold: content.length })
    await expect(done).resolves.toMatchObject({ verified: ['crc64'], parts: 0 })
  })

  test('a part whose ETag is no MD5, and whose CRC-64 is another, fails', async () => {
    const service = await startService()
    const { transport } = answering({ when: isPart, set: { ...encrypted, [CRC64]: '1' } })
    await expect(uploadTo(service, transport, { retries: 0 }).done).rejects.toMatchObject({
      name: 'IntegrityError',
      subject: 'part',
    })
  })

  test('a part whose ETag is no MD5, and that has no CRC-64, fails', async () => {
    const service = await startService()
    const { transport } = answering({ when: isPart, set: { ...encrypted, ...noCrc } })
    await expect(uploadTo(service, transport, { retries: 0 }).done).rejects.toMatchObject({
      name: 'IntegrityError',
      subject: 'part',
    })
  })

  test('an object whose ETag follows another rule is proved by the CRC-64 alone', async () => {
    const service = await startService()
    const { done, notices } = uploadTo(service, answeringObjectETag('any-rule'))
    await expect(done).resolves.toMatchObject({ verified: ['crc64'], etag: 'any-rule' })
    expect(notices).toEqual([])
  })

  test("an object whose ETag follows S3's rule is proved by it", async () => {
    const service = await startService()
    const digests = parts().map((part) => createHash('md5').update(part).digest())
    const etag = `${md5Hex(Buffer.concat(digests))}-4`
    const transport = answeringObjectETag(etag, { when: () => true, set: noCrc })
    await expect(uploadTo(service, transport).done).resolves.toMatchObject({ verified: ['etag'] })
  })

  test('the notice says so where neither ETag nor CRC-64 proves the object', async () => {
    const service = await startService()
    const transport = answeringObjectETag('any-rule', { when: isComplete, set: noCrc })
    const { done, notices } = uploadTo(service, transport)
    await expect(done).resolves.toMatchObject({ verified: [] })
    expect(notices).toEqual([expect.stringContaining('could not be')])
  })

  test('an ETag that claims the rule of OSS and breaks it is no success without a CRC-64', async () => {
    const service = await startService()
    const wrong = `${md5Hex(content)}-4`
    const transport = answeringObjectETag(wrong, { when: isOfObject, set: noCrc })
    await expect(uploadTo(service, transport).done).rejects.toMatchObject({
      name: 'IntegrityError',
      subject: 'object',
    })
  })
})

describe('strict', () => {
  test('takes a CRC-64 of its own, and finds a part that only it can tell', async () => {
    const service = await startService()
    const { transport } = answering({ when: isPart, set: { [CRC64]: '1' } })
    const { done } = uploadTo(service, transport, { verify: 'strict', retries: 0 })
    await expect(done).rejects.toMatchObject({ name: 'IntegrityError', subject: 'part' })
  })

  test('proves the object with sums that the service did not report of its parts', async () => {
    const service = await startService()
    const { transport } = answering({ when: isPart, set: noCrc })
    const { done } = uploadTo(service, transport, { verify: 'strict' })
    await expect(done).resolves.toMatchObject({ verified: ['etag', 'crc64'] })
  })

  test('refuses an object whose ETag breaks the rule, even with the right CRC-64', async () => {
    const service = await startService()
    const transport = answeringObjectETag(`${md5Hex(content)}-4`)
    const { done } = uploadTo(service, transport, { verify: 'strict' })
    await expect(done).rejects.toMatchObject({ name: 'IntegrityError', subject: 'object' })
  })
})

describe('crc64', () => {
  test('does not look at ETags', async () => {
    const service = await startService()
    const anything = { etag: '"00000000000000000000000000000000"' }
    const { transport } = answering({ when: isPart, set: anything })
    const client = service.connect({ transport })
    const { uploadId } = await client.initiateMultipartUpload(target)
    const part = { ...target, uploadId, partNumber: 1, body: content }

    await expect(client.uploadPart({ ...part, verify: 'crc64' })).resolves.toMatchObject({
      verified: ['crc64'],
    })
    await expect(client.uploadPart(part, { retries: 0 })).rejects.toMatchObject({
      name: 'IntegrityError',
    })
  })

  test('finds other bytes', async () => {
    const service = await startService()
    const { transport } = answering({ when: isPart, set: { [CRC64]: '1' } })
    const { done } = uploadTo(service, transport, { verify: 'crc64', retries: 0 })
    await expect(done).rejects.toMatchObject({ name: 'IntegrityError', subject: 'part' })
  })
})

describe('off', () => {
  test('sends no Content-MD5, compares nothing, and says that nothing was proved', async () => {
    const service = await startService()
    const wrong = { etag: '"0"', [CRC64]: '1' }
    const { transport, asked } = answering({ when: isPut, set: wrong })
    const { done, notices } = uploadTo(service, transport, {
      verify: 'off',
      multipartThreshold: content.length,
    })
    await expect(done).resolves.toMatchObject({ verified: [] })
    expect(asked.filter(isPut).map(({ headers }) => headers.has('content-md5'))).toEqual([false])
    expect(notices).toEqual([])
  })

  test('resumes with parts whose bytes agree, and with no others', async () => {
    const service = await startService()
    const { client } = service
    const { uploadId } = await client.initiateMultipartUpload(target)
    const [first, second] = parts()
    const part = { ...target, uploadId }
    await client.uploadPart({ ...part, partNumber: 1, body: first ?? '' })
    await client.uploadPart({ ...part, partNumber: 2, body: randomContent(partSize) })
    expect(second?.length).toBe(partSize)

    const { transport, asked } = answering()
    const result = await uploadTo(service, transport, { verify: 'off', uploadId }).done

    expect(result).toMatchObject({ resumedParts: 1, verified: [], hashCrc64ecma: crc64(content) })
    expect(asked.filter(isPart)).toHaveLength(3)
  })

  test('an object of the same size is no confirmation of a put whose answer was lost', async () => {
    const service = await startService({ faults: [parseFault('PutObject,nth=2,cut=request')] })
    await service.client.putObject({ ...target, body: randomContent(1000) })
    const put = { ...target, body: randomContent(1000), forbidOverwrite: true }
    await expect(service.client.putObject({ ...put, verify: 'off' })).rejects.toMatchObject({
      code: 'FileAlreadyExists',
    })
  })
})

test('an encrypted upload takes its CRC-64 in the same pass, whatever the answers say', async () => {
  const service = await startService()
  const client = service.connect()
  const taken: boolean[] = []
  const hasher = client.hasher.bind(client)
  client.hasher = (options) => {
    taken.push(options?.crc64 ?? true)
    return hasher(options)
  }
  const { uploadId } = await client.initiateMultipartUpload(target)
  const encryption = { serverSideEncryption: 'AES256' } as const

  await upload(client, content, target, { partSize, uploadId, ...encryption }).done

  expect(taken).toEqual([true])
})

test('what is no level is refused before anything begins', async () => {
  const service = await startService()
  const verify = 'md4' as Verify
  expect(() => upload(service.client, content, target, { verify })).toThrow(RangeError)
  await expect(service.client.putObject({ ...target, body: content, verify })).rejects.toThrow(
    RangeError,
  )
})
