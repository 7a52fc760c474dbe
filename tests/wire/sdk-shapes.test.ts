/**
 * Requests in the shapes in which the official SDKs write them, signed here by hand: whole uploads in
 * parts by each way to name the bucket. What the C SDK does besides stands in a file of its own.
 */

import { createHmac } from 'node:crypto'
import { encodeStrict, type QueryEntry, signV4 } from '@lading/protocol'
import { describe, expect, it } from 'vitest'
import { startTestService } from '../operations/service.ts'
import { completeBody, etagOf } from '../support/oss-wire.ts'
import { ask, element, type RawAnswer } from '../support/raw-http.ts'

const service = await startTestService()
const { accessKeyId, accessKeySecret } = service.credentials
const { port } = service.server
const key = "dir/ä b+(1)'/c"

interface Asked {
  readonly method: string
  readonly key?: string
  readonly query?: readonly QueryEntry[]
  readonly body?: string
  /** What the signature says that the key is. */
  readonly signedKey?: string
}
type Shape = (bucket: string, asked: Asked) => Promise<RawAnswer>

const signedKeyOf = ({ key, signedKey }: Asked): string | undefined => signedKey ?? key

const SIGNED = new Set(['uploads', 'uploadId', 'partNumber', 'acl'])

/** `Authorization` by V1 over `date`, for what names the bucket and the key as `resource` does. */
function authorization(
  { method, query = [] }: Asked,
  {
    resource,
    type,
    date,
    ossHeaders = [],
  }: { resource: string; type: string; date: string; ossHeaders?: readonly string[] },
): string {
  const signed = query
    .filter(([name]) => SIGNED.has(name))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
    .sort()
    .join('&')
  const named = resource + (signed === '' ? '' : `?${signed}`)
  const text = [method, '', type, date, ...ossHeaders, named].join('\n')
  const signature = createHmac('sha1', accessKeySecret).update(text).digest('base64')
  return `OSS ${accessKeyId}:${signature}`
}

async function send(
  { method, body = '' }: Asked,
  target: string,
  headers: readonly string[],
  framed: string = body,
): Promise<RawAnswer> {
  const bodiless = body === '' && method !== 'PUT' && method !== 'POST'
  const length = framed === body && !bodiless ? [`Content-Length: ${Buffer.byteLength(body)}`] : []
  const head = [`${method} ${target} HTTP/1.1`, ...headers, ...length, '', ''].join('\r\n')
  return await ask(port, head + framed, { head: method === 'HEAD' })
}

/** Every value has its `=`, an empty one too. */
const searchOf = (query: readonly QueryEntry[], bare = false): string =>
  query.length === 0
    ? ''
    : `?${query
        .map(([name, value]) => (bare && value === '' ? name : `${name}=${encodeStrict(value)}`))
        .join('&')}`

/** Python v1 on an IP: path style, slashes of keys as `%2F`, a lower-case `date`, chunked bodies. */
const python: Shape = async (bucket, asked) => {
  const { query = [], body = '' } = asked
  const path = asked.key === undefined ? '' : encodeStrict(asked.key)
  const date = new Date().toUTCString()
  const type = asked.method === 'PUT' ? 'application/octet-stream' : ''
  const resource = `/${bucket}/${signedKeyOf(asked) ?? ''}`
  const chunked = asked.method === 'PUT' && body !== ''
  const bytes = `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`
  return await send(
    asked,
    `/${bucket}/${path}${searchOf(query)}`,
    [
      `Host: 127.0.0.1:${port}`,
      'User-Agent: aliyun-sdk-python/2.18.4(Linux/5/x86_64;3.11.2)',
      'Accept: */*',
      'Connection: keep-alive',
      `date: ${date}`,
      ...(type === '' ? [] : [`Content-Type: ${type}`]),
      `authorization: ${authorization(asked, { resource, type, date })}`,
      ...(chunked ? ['Transfer-Encoding: chunked'] : []),
    ],
    chunked ? bytes : body,
  )
}

/** Go v2 on `localhost`: the bucket in the host, V4 with both dates, names without values bare. */
const go: Shape = async (bucket, asked) => {
  const { method, query = [] } = asked
  const date = new Date()
  const headers = new Map([
    ['date', date.toUTCString()],
    ['content-type', 'application/octet-stream'],
    ['x-oss-content-sha256', 'UNSIGNED-PAYLOAD'],
  ])
  const signable = { method, bucket, key: signedKeyOf(asked), query, headers }
  const added = signV4(signable, service.credentials, { region: 'cn-hangzhou', now: date })
  const path = (asked.key ?? '').split('/').map(encodeStrict).join('/')
  const all = Object.entries({ ...Object.fromEntries(headers), ...added })
  return await send(asked, `/${path}${searchOf(query, true)}`, [
    `Host: ${bucket}.localhost:${port}`,
    'User-Agent: alibabacloud-go-sdk-v2/1.2.0 (linux/5/x86_64;1.22)',
    'Accept-Encoding: gzip',
    ...all.map(([name, value]) => `${name}: ${value}`),
  ])
}

/** C on an IP: path style, and the bucket without a slash at its end, also in what is signed. */
const c: Shape = async (bucket, asked) => {
  const date = new Date().toUTCString()
  const type = asked.method === 'PUT' ? 'application/octet-stream' : ''
  const resource = asked.key === undefined ? `/${bucket}` : `/${bucket}/${signedKeyOf(asked)}`
  const path = asked.key === undefined ? bucket : encodeStrict(`${bucket}/${asked.key}`)
  return await send(asked, `/${path}${searchOf(asked.query ?? [], true)}`, [
    `Host: 127.0.0.1:${port}`,
    `Date: ${date}`,
    ...(type === '' ? [] : [`Content-Type: ${type}`]),
    `Authorization: ${authorization(asked, { resource, type, date })}`,
  ])
}

/** JavaScript on an IP: no bucket in the path, which only a Host of the real service names. */
const javaScript: Shape = async (bucket, asked) => {
  const { query = [] } = asked
  const date = new Date().toUTCString()
  const type = asked.method === 'PUT' ? 'application/octet-stream' : ''
  const resource = `/${bucket}/${signedKeyOf(asked) ?? ''}`
  const path = encodeURIComponent(asked.key ?? '').replaceAll('%2F', '/')
  return await send(asked, `/${path}${searchOf(query)}`, [
    `host: ${bucket}.oss-cn-hangzhou.aliyuncs.com`,
    `x-oss-date: ${date}`,
    ...(type === '' ? [] : [`content-type: ${type}`]),
    `authorization: ${authorization(asked, { resource, type, date, ossHeaders: [`x-oss-date:${date}`] })}`,
  ])
}

describe.each<[string, Shape]>([
  ['Python v1 on an IP, with slashes as %2F', python],
  ['Go v2 on localhost, with the bucket in the host', go],
  ['C on an IP, with the bucket without its slash', c],
  ['JavaScript on an IP, with no bucket but in a host of OSS', javaScript],
])('the shape of %s', (name, call) => {
  const bucket = `shape-${name.split(' ')[0]?.toLowerCase()}`

  it('makes a bucket and uploads in parts, and the key is what was meant', async () => {
    expect((await call(bucket, { method: 'PUT' })).status).toBe(200)
    const initiated = await call(bucket, { method: 'POST', key, query: [['uploads', '']] })
    expect(initiated.status, initiated.text).toBe(200)
    const uploadId = element(initiated.text, 'UploadId') ?? ''

    const part: QueryEntry[] = [
      ['partNumber', '1'],
      ['uploadId', uploadId],
    ]
    const sent = await call(bucket, { method: 'PUT', key, query: part, body: 'the bytes' })
    expect([sent.status, sent.headers.get('etag')]).toEqual([
      200,
      `"${etagOf(Buffer.from('the bytes'))}"`,
    ])
    const open = await call(bucket, {
      method: 'GET',
      query: [
        ['uploads', ''],
        ['prefix', ''],
        ['key-marker', ''],
        ['upload-id-marker', ''],
        ['max-uploads', '1000'],
        ['encoding-type', 'url'],
      ],
    })
    expect(element(open.text, 'Key')).toBe(encodeStrict(key))
    const completed = await call(bucket, {
      method: 'POST',
      key,
      query: [['uploadId', uploadId]],
      body: completeBody([[1, etagOf(Buffer.from('the bytes'))]]),
    })
    expect(completed.status, completed.text).toBe(200)
    expect(element(completed.text, 'Key')).toBe(key)

    const got = await service.call({ method: 'GET', bucket, key })
    expect(got.text).toBe('the bytes')
    const read = await call(bucket, { method: 'GET', key })
    expect(read.text).toBe('the bytes')
  })

  it('is refused when it is signed for another key', async () => {
    const request = { method: 'GET', key: 'nothing here' }
    const honest = await call(bucket, request)
    expect([honest.status, element(honest.text, 'Code')]).toEqual([404, 'NoSuchKey'])
    const forged = await call(bucket, { ...request, signedKey: 'nothing there' })
    expect([forged.status, element(forged.text, 'Code')]).toEqual([403, 'SignatureDoesNotMatch'])
  })
})
