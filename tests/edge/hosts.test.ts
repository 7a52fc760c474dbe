/** The hosts that a server answers to, and those that its answers name. */

import type { Credentials } from '@lading/protocol'
import { signV4 } from '@lading/protocol'
import { startTestServer, type TestServer, type TestServerOptions } from '@lading/server/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { elementOf, OssWire } from '../support/oss-wire.ts'
import { ask, type RawAnswer } from '../support/raw-http.ts'
import { KEY_PAIR, serveProcess } from '../support/serve-process.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const BUCKET = 'hosted-bucket'
const BODY =
  '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"9DD4E461268C8034F5C8564E155C67A6"</ETag></Part></CompleteMultipartUpload>'

async function start(options: TestServerOptions): Promise<TestServer> {
  const server = await startTestServer({ buckets: [BUCKET, 'other-bucket'], ...options })
  onTestFinished(() => server.close())
  return server
}

interface HostedRequest {
  readonly method?: string
  readonly host: string
  /** Path and query, as sent. */
  readonly target: string
  readonly bucket?: string
  readonly key?: string
  readonly query?: readonly (readonly [string, string])[]
  readonly body?: string
}

/** Signs for the bucket and key that are meant, wherever the address has them. */
function send(
  { port, credentials }: { readonly port: number; readonly credentials: Credentials },
  { method = 'GET', host, target, bucket, key, query = [], body = '' }: HostedRequest,
): Promise<RawAnswer> {
  const headers = new Map<string, string>()
  const signed = signV4({ method, bucket, key, query, headers }, credentials, {
    region: 'cn-hangzhou',
    now: new Date(),
  })
  const lines = Object.entries(signed).map(([name, value]) => `${name}: ${value}`)
  return ask(
    port,
    [
      `${method} ${target} HTTP/1.1`,
      `Host: ${host}`,
      `Content-Length: ${body.length}`,
      ...lines,
      '',
      body,
    ].join('\r\n'),
  )
}

/** Uploads one part, `x`, by this Host and path, and gives back the Location that Complete tells. */
async function uploadBy(
  server: TestServer,
  host: string,
  path: string,
): Promise<string | undefined> {
  const object = { host, bucket: BUCKET, key: 'dir/a key' }
  const initiated = await send(server, {
    ...object,
    method: 'POST',
    target: `${path}?uploads`,
    query: [['uploads', '']],
  })
  const uploadId = elementOf(initiated.text, 'UploadId') ?? ''
  const part = await send(server, {
    ...object,
    method: 'PUT',
    target: `${path}?partNumber=1&uploadId=${uploadId}`,
    query: [
      ['partNumber', '1'],
      ['uploadId', uploadId],
    ],
    body: 'x',
  })
  expect(part.status).toBe(200)
  const completed = await send(server, {
    ...object,
    method: 'POST',
    target: `${path}?uploadId=${uploadId}`,
    query: [['uploadId', uploadId]],
    body: BODY,
  })
  expect(completed.status).toBe(200)
  return elementOf(completed.text, 'Location')
}

describe('a CNAME', () => {
  const cnames = { 'files.example.com': BUCKET, 'oss.cdn.example': 'other-bucket' }

  it('is one bucket: the path is the key, and Location says so', async () => {
    const server = await start({ cnames })
    expect(await uploadBy(server, 'files.example.com', '/dir/a%20key')).toBe(
      'http://files.example.com/dir/a%20key',
    )
    const got = await send(server, {
      host: 'Files.Example.com:8080',
      target: '/dir/a%20key',
      bucket: BUCKET,
      key: 'dir/a key',
    })
    expect([got.status, got.text]).toEqual([200, 'x'])
    const other = await send(server, {
      host: 'oss.cdn.example',
      target: '/dir/a%20key',
      bucket: 'other-bucket',
      key: 'dir/a key',
    })
    expect(other.status).toBe(404)
  })

  it('lists its bucket at the root', async () => {
    const server = await start({ cnames })
    const listed = await send(server, { host: 'files.example.com', target: '/', bucket: BUCKET })
    expect([listed.status, elementOf(listed.text, 'Name')]).toEqual([200, BUCKET])
  })

  it('is refused as a setting when it names what no bucket can be', async () => {
    await expect(startTestServer({ cnames: { 'files.example.com': 'Nobody!' } })).rejects.toThrow(
      /cnames.*bucket name/,
    )
    await expect(startTestServer({ cnames: { 'http://a': BUCKET } })).rejects.toThrow(/cnames/)
  })
})

describe('a base host', () => {
  it('has buckets before it, and is the service itself', async () => {
    const server = await start({ baseHosts: ['oss.example.com'] })
    const host = 'oss.example.com'
    const listed = await send(server, { host, target: '/' })
    expect(listed.text).toContain(`<Name>${BUCKET}</Name>`)
    expect(await uploadBy(server, `${BUCKET}.${host}`, '/dir/a%20key')).toBe(
      `http://${BUCKET}.${host}/dir/a%20key`,
    )
    expect(await uploadBy(server, host, `/${BUCKET}/dir/a%20key`)).toBe(
      `http://${host}/${BUCKET}/dir/a%20key`,
    )
  })
})

describe('what answers tell of the service', () => {
  const elements = (xml: string, names: readonly string[]): (string | undefined)[] =>
    names.map((name) => elementOf(xml, name))
  const endpoints = ['ExtranetEndpoint', 'IntranetEndpoint', 'Location']

  it('is where it listens, cn-hangzhou and lading unless said otherwise', async () => {
    const server = await start({})
    const wire = new OssWire(server)
    const { text } = await wire.send('GET', { bucket: BUCKET, query: { bucketInfo: '' } })
    wire.close()
    const address = `127.0.0.1:${server.port}`
    expect(elements(text, endpoints)).toEqual([address, address, 'oss-cn-hangzhou'])
    expect(elements(text, ['ID', 'DisplayName'])).toEqual(['lading', 'lading'])
  })

  it('is what it is told to be, in every answer', async () => {
    const server = await start({
      extranetEndpoint: 'oss.example.com',
      intranetEndpoint: 'oss.internal:8080',
      owner: { id: '1234567890', displayName: 'The Team' },
      region: 'eu-central-1',
    })
    const wire = new OssWire({ ...server, region: 'eu-central-1' })
    await wire.send('PUT', { bucket: BUCKET, key: 'key', body: 'x' })
    const answer = async (query: Record<string, string>, more: object = {}): Promise<string> => {
      const { status, text } = await wire.send('GET', { bucket: BUCKET, query, ...more })
      expect(status).toBe(200)
      return text
    }
    const info = await answer({ bucketInfo: '' })
    const list = (await wire.send('GET')).text
    for (const text of [info, list]) {
      expect(elements(text, endpoints)).toEqual([
        'oss.example.com',
        'oss.internal:8080',
        'oss-eu-central-1',
      ])
    }
    const owned = [
      info,
      list,
      await answer({ acl: '' }),
      await answer({}),
      await answer({ 'list-type': '2', 'fetch-owner': 'true' }),
      await answer({ acl: '' }, { key: 'key' }),
    ]
    for (const text of owned) {
      expect(elements(text, ['ID', 'DisplayName'])).toEqual(['1234567890', 'The Team'])
    }
    wire.close()
  })

  it('leaves other owners what they are, and takes one endpoint for both', async () => {
    const theirs = { accessKeyId: 'theirs', accessKeySecret: 'secret', owner: 'them' }
    const server = await start({
      credentials: [theirs],
      owner: { id: '1234567890' },
      extranetEndpoint: 'oss.example.com',
    })
    const wire = new OssWire(server)
    const { text } = await wire.send('GET', { bucket: BUCKET, query: { bucketInfo: '' } })
    wire.close()
    expect(elements(text, ['ID', 'DisplayName'])).toEqual(['them', 'them'])
    expect(elements(text, ['IntranetEndpoint'])).toEqual(['oss.example.com'])
  })

  it('can be told to lading serve', async () => {
    const server = await serveProcess(await temporaryDirectory(), {
      args: [
        ...['--base-host', 'oss.example.com', '--base-host', 'oss.example.org'],
        ...['--cname', `files.example.com=${BUCKET}`],
        ...['--extranet-endpoint', 'oss.example.com', '--intranet-endpoint', 'oss.internal'],
        ...['--owner-id', '42', '--owner-name', 'The Team'],
      ],
    })
    try {
      const asked = { port: server.port, credentials: KEY_PAIR }
      const made = await send(asked, {
        method: 'PUT',
        host: `${BUCKET}.oss.example.org`,
        target: '/',
        bucket: BUCKET,
      })
      expect(made.status).toBe(200)
      const { text } = await send(asked, {
        host: 'files.example.com',
        target: '/?bucketInfo',
        bucket: BUCKET,
        query: [['bucketInfo', '']],
      })
      expect(elements(text, ['Name', ...endpoints.slice(0, 2), 'ID', 'DisplayName'])).toEqual([
        BUCKET,
        'oss.example.com',
        'oss.internal',
        '42',
        'The Team',
      ])
    } finally {
      await server.stop()
    }
  })
})
