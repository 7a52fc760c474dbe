/** The client and the server speak of the same operations; URLs that carry their signature do each of them. */

import { nodeTransport, OssClient } from '@lading/client/node'
import { expect, onTestFinished, test } from 'vitest'
import { operations } from '../../packages/server/src/api/operations.ts'
import { BUCKET, bytesOf, startService } from './service.ts'

/** What has no method of its own name, and what stands for it. */
const otherNames: Readonly<Record<string, string>> = {
  // A browser's form does it: the client signs what the form carries.
  PostObject: 'signPostPolicy',
}

/** Each list that comes in pages, and what goes through all of them. */
const paged: Readonly<Record<string, string>> = {
  ListBuckets: 'listBucketsPages',
  ListLiveChannel: 'listLiveChannelPages',
  ListMultipartUploads: 'listMultipartUploadsPages',
  ListObjectVersions: 'listObjectVersionsPages',
  ListObjects: 'listObjectsPages',
  ListObjectsV2: 'listObjectsPages',
  ListParts: 'listPartsPages',
}

const methods = new Set<string>()
for (
  let prototype: object = OssClient.prototype;
  prototype !== Object.prototype;
  prototype = Object.getPrototypeOf(prototype)
) {
  for (const name of Object.getOwnPropertyNames(prototype)) methods.add(name)
}

test.each(operations.map(({ name }) => name))('the client has a method for %s', (name) => {
  const method = otherNames[name] ?? `${name.charAt(0).toLowerCase()}${name.slice(1)}`
  expect(methods).toContain(method)
})

test('the client goes through the pages of every list that has pages', () => {
  const lists = operations.map(({ name }) => name).filter((name) => name.startsWith('List'))
  expect(lists.sort()).toEqual(Object.keys(paged).sort())
  for (const name of lists) expect(methods).toContain(paged[name])
})

test('buckets are listed over all pages', async () => {
  const { client } = await startService()
  for (const bucket of ['a-bucket', 'another']) await client.putBucket({ bucket })
  const names: string[] = []
  for await (const page of client.listBucketsPages({ maxKeys: 1 })) {
    names.push(...page.buckets.map(({ name }) => name))
  }
  expect(names).toEqual(['a-bucket', 'another', BUCKET])
})

test.each(['v1', 'v4'] as const)(
  'an upload from its beginning to its end needs nothing but URLs signed by %s',
  async (signatureVersion) => {
    const { connect } = await startService()
    const client = connect({ signatureVersion })
    const target = { bucket: BUCKET, key: 'by url/ä b' }
    const send = async (
      input: Parameters<typeof client.presign>[0],
      body?: string,
    ): Promise<Response> => {
      const { url, method, headers } = await client.presign(input)
      const answer = await fetch(url, {
        method,
        headers,
        ...(body !== undefined && { body: Buffer.from(body) }),
      })
      if (!answer.ok) throw new Error(await answer.text())
      return answer
    }

    const begun = await send({
      ...target,
      method: 'POST',
      query: { uploads: '' },
      headers: { 'content-type': 'text/plain', 'x-oss-meta-a': 'b' },
    })
    const uploadId = /<UploadId>(.*)<\/UploadId>/.exec(await begun.text())?.[1] ?? ''
    await send({ ...target, method: 'PUT', uploadId, partNumber: 1 }, 'from afar')
    const parts = await send({ ...target, method: 'GET', uploadId })
    expect(await parts.text()).toContain('<PartNumber>1</PartNumber>')
    const uploads = await send({ bucket: BUCKET, method: 'GET', query: { uploads: '' } })
    expect(await uploads.text()).toContain(uploadId)
    const headers = { 'x-oss-complete-all': 'yes' }
    await send({ ...target, method: 'POST', uploadId, headers })
    const query = { 'response-content-disposition': 'attachment' }
    const got = await send({ ...target, method: 'GET', query })
    expect(await got.text()).toBe('from afar')
    expect(got.headers.get('content-disposition')).toBe('attachment')
    expect((await send({ ...target, method: 'HEAD' })).headers.get('x-oss-meta-a')).toBe('b')

    const { uploadId: other } = await client.initiateMultipartUpload(target)
    await send({ ...target, method: 'DELETE', uploadId: other })
    await send({ ...target, method: 'PUT', headers: { 'x-oss-meta-c': 'd' } }, 'in one')
    expect((await client.headObject(target)).metadata).toEqual({ c: 'd' })
    await send({ ...target, method: 'DELETE' })
    await expect(client.headObject(target)).rejects.toMatchObject({ status: 404 })
  },
)

/** To the server, whatever host is meant. */
function resolving(url: string): ReturnType<typeof nodeTransport> {
  const transport = nodeTransport()
  return {
    exchange: (request, options) => {
      const headers = new Map([...request.headers, ['host', new URL(request.origin).host]])
      return transport.exchange({ ...request, origin: url, headers }, options)
    },
    close: () => transport.close(),
  }
}

test.each([
  ['path', 'http://oss.test'],
  ['virtual', 'http://oss.test'],
  ['cname', 'http://films.test'],
] as const)('objects are put, read and listed by %s style', async (style, endpoint) => {
  const { server } = await startService({
    baseHosts: ['oss.test'],
    cnames: { 'films.test': BUCKET },
  })
  const client = new OssClient({
    endpoint,
    style,
    credentials: server.credentials,
    transport: resolving(server.url),
  })
  onTestFinished(() => client.close())
  const target = { bucket: BUCKET, key: 'a/b c' }
  await client.putObject({ ...target, body: style })
  expect((await bytesOf((await client.getObject(target)).body)).toString()).toBe(style)
  const listed = await client.listObjectsV2({ bucket: BUCKET })
  expect(listed.contents.map(({ key }) => key)).toEqual(['a/b c'])
  const { url } = await client.presign({ ...target, method: 'GET' })
  const host = { path: `oss.test/${BUCKET}`, virtual: `${BUCKET}.oss.test`, cname: 'films.test' }
  expect(url).toContain(`http://${host[style]}/a/b%20c?`)
})
