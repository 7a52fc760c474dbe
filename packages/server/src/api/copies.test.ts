import { expect, test } from 'vitest'
import { initiate, openService, put, refusalOf, textOf } from './api-samples.contract.ts'
import { copyObject } from './copy-object.ts'
import { parseCopySource } from './copy-source.ts'
import { getObject } from './get-object.ts'
import { headObject } from './head-object.ts'
import { listParts } from './list-parts.ts'
import { putObject } from './put-object.ts'
import { uploadPartCopy } from './upload-part-copy.ts'

const headers = { 'x-oss-copy-source': '/photos/source' }

test.each([
  ['/photos/cat.jpg', { bucket: 'photos', key: 'cat.jpg', versionId: undefined }],
  ['photos/a/b', { bucket: 'photos', key: 'a/b', versionId: undefined }],
  ['/photos/a%2Fb%3Fc', { bucket: 'photos', key: 'a/b?c', versionId: undefined }],
  ['/photos/a+b%2Bc', { bucket: 'photos', key: 'a b+c', versionId: undefined }],
  // As HTTP parsers give raw UTF-8: a character for each byte.
  ['/photos/\xe4\xb8\xad', { bucket: 'photos', key: '中', versionId: undefined }],
  ['/photos/a?versionId=null', { bucket: 'photos', key: 'a', versionId: 'null' }],
])('the source %s is %o', (text, source) => {
  expect(parseCopySource(text)).toEqual(source)
})

test.each([copyObject, uploadPartCopy])(
  '$name stores nothing when what it read is not what was written',
  async (operation) => {
    const service = await openService()
    await put(service, 'source', 'bytes')
    const uploadId = await initiate(service)
    service.blobs.read = async function* () {
      yield new TextEncoder().encode('bites')
    }
    const query = operation === uploadPartCopy ? `partNumber=1&uploadId=${uploadId}` : ''
    const refusal = await refusalOf(service.ask(operation, { query, headers }))
    expect(refusal).toMatchObject({ code: 'InternalError', status: 500 })
    expect(await refusalOf(service.ask(headObject))).toMatchObject({ code: 'NoSuchKey' })
    const { xml } = await service.ask(listParts, { query: `uploadId=${uploadId}` })
    expect(xml).not.toContain('<Part>')
  },
)

test('a change in place is held against the object that is there when it is made', async () => {
  const service = await openService()
  await put(service, 'cat.jpg', 'first')
  const { headers: seen } = await service.ask(headObject)
  const { openObject } = service.context.store
  const store = {
    ...service.context.store,
    openObject: async (bucket: string, key: string) => {
      const reader = await openObject(bucket, key)
      await put(service, 'cat.jpg', 'second')
      return reader
    },
  }
  const onto = { 'x-oss-copy-source': '/photos/cat.jpg' }
  const changing = service.ask(
    {
      ...copyObject,
      handle: (request) => copyObject.handle(request, { ...service.context, store }),
    },
    { headers: { ...onto, 'x-oss-copy-source-if-match': seen?.ETag ?? '', 'x-oss-meta-a': 'b' } },
  )
  expect(await refusalOf(changing)).toMatchObject({ code: 'PreconditionFailed' })
  expect((await service.ask(headObject)).headers).not.toHaveProperty('x-oss-meta-a')
})

test('a change in place does not call an object encrypted that came meanwhile and is not', async () => {
  const service = await openService()
  const encrypted = { 'x-oss-server-side-encryption': 'AES256' }
  await service.ask(putObject, { body: 'first', headers: encrypted })
  const { openObject } = service.context.store
  const store = {
    ...service.context.store,
    openObject: async (bucket: string, key: string) => {
      const reader = await openObject(bucket, key)
      await put(service, 'cat.jpg', 'second')
      return reader
    },
  }
  const changing = service.ask(
    {
      ...copyObject,
      handle: (request) => copyObject.handle(request, { ...service.context, store }),
    },
    { headers: { 'x-oss-copy-source': '/photos/cat.jpg', ...encrypted } },
  )
  expect(await refusalOf(changing)).toMatchObject({ code: 'ServiceUnavailable' })
  expect(await textOf(await service.ask(getObject))).toBe('second')
})

test('a copy larger than a part is refused before a byte is read', async () => {
  const service = await openService()
  await put(service, 'source', 'bytes')
  await service.metadata.putObject({
    ...(await service.context.store.getObject('photos', 'source')),
    key: 'source',
    size: 5 * 1024 ** 3 + 1,
    manifest: [],
  })
  const uploadId = await initiate(service)
  for (const operation of [copyObject, uploadPartCopy]) {
    const query = operation === uploadPartCopy ? `partNumber=1&uploadId=${uploadId}` : ''
    const refusal = await refusalOf(service.ask(operation, { query, headers }))
    expect(refusal).toMatchObject({ code: 'EntityTooLarge', status: 400 })
  }
})
