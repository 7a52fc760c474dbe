import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { abortMultipartUpload } from './abort-multipart-upload.ts'
import {
  type Asking,
  abort,
  answerOf,
  elementOf,
  elementsOf,
  initiate,
  LEAST,
  normalise,
  type OpenService,
  openService,
  put,
  putPart,
  refusalOf,
  textOf,
} from './api-samples.contract.ts'
import { completeMultipartUpload } from './complete-multipart-upload.ts'
import { getObject } from './get-object.ts'
import { headObject } from './head-object.ts'
import { initiateMultipartUpload } from './initiate-multipart-upload.ts'
import { listParts } from './list-parts.ts'
import type { Operation, Reply } from './operation.ts'
import { uploadPart } from './upload-part.ts'

const unknownId = '0'.repeat(32)
const base64Md5 = (text: string): string => createHash('md5').update(text).digest('base64')

function partList(...parts: readonly (readonly [number, string])[]): string {
  const inner = parts.map(
    ([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`,
  )
  return `<CompleteMultipartUpload>${inner.join('')}</CompleteMultipartUpload>`
}

function complete(
  { ask }: OpenService,
  id: string,
  body: string,
  rest: Asking = {},
): Promise<Reply> {
  return ask(completeMultipartUpload, { query: `uploadId=${id}`, body, ...rest })
}

describe('the answers of the wire fixtures', () => {
  /** What stands in the fixtures for bucket, key and upload id. */
  async function openWire(): Promise<{ service: OpenService; uploadId: string; in: Asking }> {
    const service = await openService()
    await service.store.putBucket({ name: 'examplebucket', owner: 'alice' })
    service.clock.time = Date.UTC(2023, 1, 24, 10, 19, 18)
    const at = {
      bucket: 'examplebucket',
      key: 'multipart.data',
      host: 'examplebucket.oss-cn-hangzhou.aliyuncs.com',
    }
    const { xml } = await service.ask(initiateMultipartUpload, {
      ...at,
      query: 'uploads&encoding-type=url',
    })
    const uploadId = elementOf(xml, 'UploadId')
    expect(asInFixtures(xml, uploadId)).toBe(normalise(answerOf('initiate').body))
    return { service, uploadId, in: at }
  }

  function asInFixtures(xml: string | undefined, uploadId: string): string {
    return normalise(xml).replaceAll(uploadId, '0004B9B2D2F7815C432C9057C031AA01')
  }

  test('are given, from the first to the last, byte for byte', async () => {
    const { service, uploadId, in: at } = await openWire()
    const { ask } = service
    const list = (query = ''): Promise<Reply> =>
      ask(listParts, { ...at, query: `uploadId=${uploadId}${query}` })

    expect(asInFixtures((await list()).xml, uploadId)).toBe(
      normalise(answerOf('list-parts-empty').body),
    )
    const first = await ask(uploadPart, {
      ...at,
      query: `partNumber=1&uploadId=${uploadId}`,
      headers: { 'content-md5': 'MC06DI4xnqqVsFmzRt4dHQ==' },
      body: new Uint8Array(LEAST).fill(0x61),
    })
    expect(answerOf('upload-part-1').headers).toMatchObject(first.headers ?? {})
    expect(Object.keys(first.headers ?? {})).toHaveLength(3)
    const fifth = await ask(uploadPart, {
      ...at,
      query: `partNumber=5&uploadId=${uploadId}`,
      body: 'hello',
    })
    expect(answerOf('upload-part-5').headers).toMatchObject(fifth.headers ?? {})

    expect(asInFixtures((await list('&encoding-type=url')).xml, uploadId)).toBe(
      normalise(answerOf('list-parts').body),
    )
    expect(asInFixtures((await list('&max-parts=1&part-number-marker=0')).xml, uploadId)).toBe(
      normalise(answerOf('list-parts-truncated').body),
    )
    const done = await ask(completeMultipartUpload, {
      ...at,
      query: `uploadId=${uploadId}&encoding-type=url`,
      body: partList(
        [1, '"302D3A0C8E319EAA95B059B346DE1D1D"'],
        [5, '&quot;5D41402ABC4B2A76B9719D911017C592&quot;'],
      ),
    })
    const expected = answerOf('complete')
    expect(done.status).toBe(expected.status)
    expect(expected.headers).toMatchObject(done.headers ?? {})
    expect(normalise(done.xml)).toBe(normalise(expected.body))
  })

  test('are the same when complete-all takes the parts', async () => {
    const { service, uploadId, in: at } = await openWire()
    const parts = [
      [1, new Uint8Array(LEAST).fill(0x61)],
      [5, 'hello'],
    ] as const
    for (const [number, body] of parts) {
      await service.ask(uploadPart, {
        ...at,
        query: `partNumber=${number}&uploadId=${uploadId}`,
        body,
      })
    }
    const done = await service.ask(completeMultipartUpload, {
      ...at,
      query: `uploadId=${uploadId}`,
      headers: { 'x-oss-complete-all': 'yes' },
    })
    expect(answerOf('complete-all').headers).toMatchObject(done.headers ?? {})
    expect(normalise(done.xml)).toBe(normalise(answerOf('complete-all').body))
  })
})

describe('InitiateMultipartUpload', () => {
  test('keeps what is said of the object and replays it, and reads nothing out of the key', async () => {
    const service = await openService()
    const headers = {
      'cache-control': 'max-age=60',
      'content-disposition': 'attachment; filename="a.jpg"',
      'content-encoding': 'gzip',
      'content-language': 'en',
      expires: '2022-10-12T00:00:00.000Z',
      'x-oss-meta-author': 'alice',
      'x-oss-storage-class': 'IA',
    }
    const id = await initiate(service, { headers })
    await complete(service, id, partList([1, await putPart(service, id, 1, 'part')]), {
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-oss-meta-author': 'bob' },
    })
    expect((await service.ask(headObject)).headers).toMatchObject({
      'Content-Type': 'application/octet-stream',
      'Cache-Control': 'max-age=60',
      'Content-Disposition': 'attachment; filename="a.jpg"',
      'Content-Encoding': 'gzip',
      'Content-Language': 'en',
      Expires: '2022-10-12T00:00:00.000Z',
      'x-oss-meta-author': 'alice',
      'x-oss-storage-class': 'IA',
      'x-oss-object-type': 'Multipart',
    })
  })

  test('an object made of parts has no Content-MD5', async () => {
    const service = await openService()
    const id = await initiate(service)
    await complete(service, id, partList([1, await putPart(service, id, 1, 'part')]))
    expect((await service.ask(headObject)).headers).not.toHaveProperty('Content-MD5')
  })

  test('takes the MD5 of the body that there is not, and conditions that mean nothing here', async () => {
    const service = await openService()
    await initiate(service, {
      headers: {
        'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==',
        'if-modified-since': 'Wed, 28 Dec 2022 10:27:41 GMT',
        'x-oss-object-acl': 'private',
      },
    })
  })

  test('encodes the key when it is asked to', async () => {
    const { ask } = await openService()
    const key = 'a b/\x01'
    const { xml } = await ask(initiateMultipartUpload, { key, query: 'uploads&encoding-type=url' })
    expect(elementOf(xml, 'Key')).toBe('a%20b%2F%01')
    expect(elementOf(xml, 'Bucket')).toBe('photos')
  })

  test.each([
    ['an MD5 of another body', { 'content-md5': base64Md5('x') }, 'InvalidDigest'],
    ['what is no MD5', { 'content-md5': 'Invalid-Content-MD5' }, 'InvalidDigest'],
    ['an unknown storage class', { 'x-oss-storage-class': 'Cold' }, 'InvalidArgument'],
    [
      'an unknown encryption',
      { 'x-oss-server-side-encryption': 'ROT13' },
      'InvalidEncryptionAlgorithmError',
    ],
    [
      'a key id without the service that has it',
      {
        'x-oss-server-side-encryption': 'AES256',
        'x-oss-server-side-encryption-key-id': 'key',
      },
      'InvalidArgument',
    ],
    [
      'a cipher for the data without a service for the key',
      { 'x-oss-server-side-data-encryption': 'SM4' },
      'InvalidArgument',
    ],
    ['a metadata name with an underscore', { 'x-oss-meta-a_b': 'x' }, 'InvalidArgument'],
    ['a metadata name of nothing', { 'x-oss-meta-': 'x' }, 'InvalidArgument'],
    ['metadata beyond 8 KiB', { 'x-oss-meta-a': 'x'.repeat(8192) }, 'MetadataTooLarge'],
    [
      'a flag that is neither true nor false',
      { 'x-oss-forbid-overwrite': 'maybe' },
      'InvalidArgument',
    ],
  ])('refuses %s', async (_, headers, code) => {
    const service = await openService()
    expect(await refusalOf(initiate(service, { headers: { ...headers } }))).toMatchObject({
      code,
      status: 400,
    })
  })

  test('refuses another encoding than url', async () => {
    const { ask } = await openService()
    const query = 'uploads&encoding-type=base64'
    expect(await refusalOf(ask(initiateMultipartUpload, { query }))).toMatchObject({
      code: 'InvalidArgument',
      details: { ArgumentName: 'encoding-type', ArgumentValue: 'base64' },
    })
  })

  test('x-oss-forbid-overwrite refuses a key that has an object already', async () => {
    const service = await openService()
    const headers = { 'x-oss-forbid-overwrite': 'true' }
    await initiate(service, { headers })
    await put(service, 'cat.jpg', 'bytes')
    expect(await refusalOf(initiate(service, { headers }))).toMatchObject({
      code: 'FileAlreadyExists',
      status: 409,
    })
    await initiate(service, { headers: { 'x-oss-forbid-overwrite': 'false' } })
  })
})

describe('UploadPart', () => {
  test.each(['0', '10001', 'x', '', '1.5', '-1', ' 1'])('refuses part number %j', async (text) => {
    const service = await openService()
    const id = await initiate(service)
    const query = `partNumber=${encodeURIComponent(text)}&uploadId=${id}`
    expect(await refusalOf(service.ask(uploadPart, { query, body: 'part' }))).toMatchObject({
      code: 'InvalidArgument',
      status: 400,
      message: 'Part number must be an integer between 1 and 10000, inclusive.',
      ec: '0017-00000220',
      details: { ArgumentName: 'PartNumber', ArgumentValue: text },
    })
  })

  test('refuses a part without a number', async () => {
    const service = await openService()
    const query = `uploadId=${await initiate(service)}`
    expect(await refusalOf(service.ask(uploadPart, { query, body: 'part' }))).toMatchObject({
      code: 'InvalidArgument',
      status: 400,
      ec: '0017-00000219',
      details: { ArgumentName: 'ResourceType', ArgumentValue: 'partNumber' },
    })
  })

  test('takes the first and the last number, and a part with stray headers', async () => {
    const service = await openService()
    const id = await initiate(service)
    for (const number of [1, 10_000]) {
      const { status } = await service.ask(uploadPart, {
        query: `partNumber=${number}&uploadId=${id}`,
        headers: {
          'x-oss-object-acl': 'private',
          'x-oss-complete-all': 'yes',
          'x-oss-meta-a_': 'b',
        },
        body: 'part',
      })
      expect(status).toBe(200)
    }
  })

  test('compares the Content-MD5 and the CRC-64 that it is given', async () => {
    const service = await openService()
    const query = `partNumber=1&uploadId=${await initiate(service)}`
    const send = (headers: Record<string, string>): Promise<Reply> =>
      service.ask(uploadPart, { query, headers, body: '123456789' })
    await send({
      'content-md5': base64Md5('123456789'),
      'x-oss-hash-crc64ecma': '11051210869376104954',
    })
    const refusals = [
      await refusalOf(send({ 'content-md5': base64Md5('12345678') })),
      await refusalOf(send({ 'content-md5': 'not base64!' })),
      await refusalOf(send({ 'x-oss-hash-crc64ecma': '11051210869376104955' })),
      await refusalOf(send({ 'x-oss-hash-crc64ecma': 'abc' })),
    ]
    expect(refusals.map(({ code, status }) => [code, status])).toEqual([
      ['InvalidDigest', 400],
      ['InvalidDigest', 400],
      ['InvalidCRC64', 400],
      ['InvalidCRC64', 400],
    ])
  })

  test.each([
    [{ 'x-oss-server-side-encryption': 'AES256' }, 'InvalidArgument'],
    [{ 'x-oss-server-side-data-encryption': 'SM4' }, 'InvalidArgument'],
  ])('refuses %o, and the upload stays usable', async (headers, code) => {
    const service = await openService()
    const id = await initiate(service)
    const query = `partNumber=1&uploadId=${id}`
    const refusal = await refusalOf(
      service.ask(uploadPart, { query, headers: { ...headers }, body: 'part' }),
    )
    expect(refusal).toMatchObject({ code, status: 400 })
    await putPart(service, id, 1, 'part')
  })
})

describe('an upload that is not there', () => {
  const operations: readonly (readonly [Operation, string, Asking])[] = [
    [uploadPart, '0042-00000104', { query: 'partNumber=1&uploadId=', body: 'part' }],
    [listParts, '0042-00000002', { query: 'uploadId=' }],
    [completeMultipartUpload, '0042-00000203', { query: 'uploadId=', body: partList([1, 'A']) }],
    [abortMultipartUpload, '0042-00000002', { query: 'uploadId=' }],
  ]

  test.each(operations)('$name has its own error number', async (operation, ec, asking) => {
    const { ask } = await openService()
    for (const id of [
      unknownId,
      'nonexistent-upload-id',
      'x'.repeat(5000),
      unknownId.toLowerCase().replace('0', 'a'),
    ]) {
      const refusal = await refusalOf(ask(operation, { ...asking, query: `${asking.query}${id}` }))
      expect(refusal).toMatchObject({ code: 'NoSuchUpload', status: 404, ec })
      expect(id.startsWith(refusal.details.UploadId?.slice(0, 200) ?? 'none')).toBe(true)
      expect(refusal.details.UploadId?.length).toBeLessThan(300)
    }
  })

  test.each(operations)('$name of no id at all is refused', async (operation, _, asking) => {
    const { ask } = await openService()
    const queries = [asking.query ?? '', (asking.query ?? '').replace('uploadId=', '')]
    for (const query of queries) {
      expect(await refusalOf(ask(operation, { ...asking, query }))).toMatchObject({
        code: 'NoSuchUpload',
        status: 404,
        ec: '0017-00000244',
        details: { UploadId: '' },
      })
    }
  })
})

describe('ListParts', () => {
  test('pages by the marker, which need not be the number of a part', async () => {
    const service = await openService()
    const id = await initiate(service)
    for (const number of [9, 1, 3, 6, 7]) await putPart(service, id, number, `part ${number}`)
    const page = async (query: string): Promise<string[]> => {
      const { xml } = await service.ask(listParts, { query: `uploadId=${id}&${query}` })
      return [
        elementsOf(xml, 'PartNumber').join(),
        elementOf(xml, 'NextPartNumberMarker'),
        elementOf(xml, 'IsTruncated'),
        elementOf(xml, 'MaxParts'),
      ]
    }
    expect(await page('')).toEqual(['1,3,6,7,9', '9', 'false', '1000'])
    expect(await page('part-number-marker=&max-parts=')).toEqual([
      '1,3,6,7,9',
      '9',
      'false',
      '1000',
    ])
    expect(await page('max-parts=2')).toEqual(['1,3', '3', 'true', '2'])
    expect(await page('max-parts=2&part-number-marker=4')).toEqual(['6,7', '7', 'true', '2'])
    expect(await page('max-parts=5&part-number-marker=7')).toEqual(['9', '9', 'false', '5'])
    expect(await page('part-number-marker=10000')).toEqual(['', '', 'false', '1000'])
  })

  test.each([
    ['max-parts=0', 'max-parts'],
    ['max-parts=1001', 'max-parts'],
    ['max-parts=x', 'max-parts'],
    ['part-number-marker=x', 'part-number-marker'],
    ['part-number-marker=-1', 'part-number-marker'],
    ['encoding-type=gzip', 'encoding-type'],
  ])('refuses %s', async (query, name) => {
    const service = await openService()
    const asking = { query: `uploadId=${await initiate(service)}&${query}` }
    expect(await refusalOf(service.ask(listParts, asking))).toMatchObject({
      code: 'InvalidArgument',
      status: 400,
      details: { ArgumentName: name },
    })
  })
})

describe('CompleteMultipartUpload', () => {
  test.each([
    ['quoted', (etag: string) => etag],
    ['bare', (etag: string) => etag.slice(1, -1)],
    ['in lower case', (etag: string) => etag.toLowerCase()],
    ['with &#34;', (etag: string) => etag.replaceAll('"', '&#34;')],
  ])('takes ETags %s', async (_, written) => {
    const service = await openService()
    const id = await initiate(service)
    const etag = await putPart(service, id, 1, 'part')
    const { status } = await complete(service, id, partList([1, written(etag)]))
    expect(status).toBe(200)
    expect(await textOf(await service.ask(getObject))).toBe('part')
  })

  test.each(['<CompleteMultipartUpload/>', '<CompleteMultipartUpload />\n', partList()])(
    'the empty list %j makes an empty object',
    async (body) => {
      const service = await openService()
      const id = await initiate(service)
      await putPart(service, id, 1, 'not listed')
      const { status, headers } = await complete(service, id, body)
      expect(status).toBe(200)
      expect(headers).toEqual({
        ETag: '"D41D8CD98F00B204E9800998ECF8427E-0"',
        'x-oss-hash-crc64ecma': '0',
      })
      expect((await service.ask(headObject)).content?.length).toBe(0)
    },
  )

  test.each([
    ['an empty body', '', 'MalformedXML', '0042-00000205'],
    ['broken XML', '<CompleteMultipartUpload><Part>', 'MalformedXML', '0042-00000205'],
    ['another root', '<Complete/>', 'MalformedXML', '0042-00000205'],
    ['a document type', '<!DOCTYPE a><CompleteMultipartUpload/>', 'MalformedXML', '0042-00000205'],
    ['descending parts', partList([2, 'A'], [1, 'A']), 'InvalidPartOrder', '0042-00000209'],
    ['a part twice', partList([1, 'A'], [1, 'A']), 'InvalidPartOrder', '0042-00000209'],
    ['part number 0', partList([0, 'A']), 'InvalidArgument', '0017-00000220'],
    ['part number 10001', partList([10_001, 'A']), 'InvalidArgument', '0017-00000220'],
    ['a part that is not held', partList([2, 'A']), 'InvalidPart', undefined],
    ['another ETag', partList([1, 'A']), 'InvalidPart', undefined],
    [
      '10,001 parts',
      partList(...Array.from({ length: 10_001 }, (_, index) => [index + 1, 'A'] as const)),
      'MalformedXML',
      '0042-00000205',
    ],
  ])('refuses %s, and the upload stays open', async (_, body, code, ec) => {
    const service = await openService()
    const id = await initiate(service)
    const etag = await putPart(service, id, 1, 'part')
    expect(await refusalOf(complete(service, id, body))).toMatchObject({ code, status: 400, ec })
    expect(await complete(service, id, partList([1, etag]))).toMatchObject({ status: 200 })
  })

  test('judges the body before the upload', async () => {
    const service = await openService()
    const codes: string[] = []
    for (const body of ['', partList([2, 'A'], [1, 'A']), partList([1, 'A'])]) {
      codes.push((await refusalOf(complete(service, unknownId, body))).code)
    }
    expect(codes).toEqual(['MalformedXML', 'InvalidPartOrder', 'NoSuchUpload'])
  })

  test('refuses a body beside x-oss-complete-all, in the words of the service', async () => {
    const service = await openService()
    const id = await initiate(service)
    const etag = await putPart(service, id, 1, 'part')
    const headers = { 'x-oss-complete-all': 'yes' }
    expect(await refusalOf(complete(service, id, partList([1, etag]), { headers }))).toMatchObject({
      code: 'InvalidArgument',
      status: 400,
      message: 'Should not speficy both complete all header and http body.',
      ec: '0042-00000216',
      details: { ArgumentName: 'x-oss-complete-all', ArgumentValue: 'yes' },
    })
    expect(await complete(service, id, '', { headers })).toMatchObject({ status: 200 })
  })

  test.each([
    [{ 'x-oss-complete-all': 'true' }, 'InvalidArgument'],
    [{ 'x-oss-server-side-encryption': 'AES256' }, 'InvalidArgument'],
    [{ 'content-md5': base64Md5('another body') }, 'InvalidDigest'],
    [{ 'x-oss-object-acl': 'public' }, 'InvalidArgument'],
    [{ 'x-oss-callback': 'e30=' }, 'InvalidArgument'],
  ])('refuses %o', async (headers, code) => {
    const service = await openService()
    const id = await initiate(service)
    const body = partList([1, await putPart(service, id, 1, 'part')])
    const asking = { headers: { ...headers } }
    expect(await refusalOf(complete(service, id, body, asking))).toMatchObject({
      code,
      status: 400,
    })
    expect(await complete(service, id, body)).toMatchObject({ status: 200 })
  })

  test('compares the Content-MD5 of its body', async () => {
    const service = await openService()
    const id = await initiate(service)
    const body = partList([1, await putPart(service, id, 1, 'part')])
    const headers = { 'content-md5': base64Md5(body), 'x-oss-object-acl': 'default' }
    expect(await complete(service, id, body, { headers })).toMatchObject({ status: 200 })
  })

  test('x-oss-forbid-overwrite refuses to replace an object, and the upload stays open', async () => {
    const service = await openService()
    const id = await initiate(service)
    const body = partList([1, await putPart(service, id, 1, 'part')])
    await put(service, 'cat.jpg', 'old')
    const headers = { 'x-oss-forbid-overwrite': 'true' }
    expect(await refusalOf(complete(service, id, body, { headers }))).toMatchObject({
      code: 'FileAlreadyExists',
      status: 409,
    })
    expect(await textOf(await service.ask(getObject))).toBe('old')
    expect(await complete(service, id, body)).toMatchObject({ status: 200 })
  })

  test.each([
    ['photos.oss-cn-hangzhou.aliyuncs.com', 'http://photos.oss-cn-hangzhou.aliyuncs.com/a%20b/c'],
    ['127.0.0.1:9000', 'http://127.0.0.1:9000/photos/a%20b/c'],
  ])('tells a client of %s where its object is', async (host, location) => {
    const service = await openService()
    const id = await initiate(service, { key: 'a b/c' })
    const headers = { 'x-oss-complete-all': 'yes' }
    const { xml } = await complete(service, id, '', { key: 'a b/c', headers, host })
    expect(elementOf(xml, 'Location')).toBe(location)
  })

  test('a client that leaves does not cancel it', async () => {
    const service = await openService()
    const peer = new AbortController()
    const id = await initiate(service)
    const body = partList([1, await putPart(service, id, 1, 'part')])
    peer.abort(new Error('the peer left'))
    await complete(service, id, body, { signal: peer.signal })
    expect(await textOf(await service.ask(getObject))).toBe('part')
  })
})

describe('AbortMultipartUpload', () => {
  test('answers 204 and, the next time, that there is no such upload', async () => {
    const service = await openService()
    const query = `uploadId=${await initiate(service)}`
    // Some put an empty pair first.
    expect(await service.ask(abortMultipartUpload, { query: `&${query}` })).toEqual({ status: 204 })
    expect(await refusalOf(service.ask(abortMultipartUpload, { query }))).toMatchObject({
      code: 'NoSuchUpload',
      ec: '0042-00000002',
    })
  })

  test('leaves the object of the key as it is', async () => {
    const service = await openService()
    await put(service, 'cat.jpg', 'old')
    await abort(service, await initiate(service))
    expect(await textOf(await service.ask(getObject))).toBe('old')
  })
})
