/** The operator's door: metrics and health, of one server and of several workers. */

import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { OssClient } from '@lading/client/node'
import { expect, onTestFinished, test } from 'vitest'
import { KEY_PAIR, type ServeProcess, serveProcess } from '../support/serve-process.ts'
import { startServer } from '../support/server.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { until } from '../support/until.ts'

function clientOf(endpoint: string): OssClient {
  const client = new OssClient({ endpoint, credentials: KEY_PAIR })
  onTestFinished(() => client.close())
  return client
}

async function page(url: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(url)
  return { status: answer.status, text: await answer.text() }
}

/** What a page of metrics says under this name, labels included. */
function numberOf(text: string, name: string): number | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `))
  return line === undefined ? undefined : Number(line.slice(name.length))
}

async function serve(args: readonly string[]): Promise<ServeProcess & { readonly admin: string }> {
  const server = await serveProcess(await temporaryDirectory(), {
    args: ['--admin-port', '0', ...args],
  })
  onTestFinished(async () => {
    if (server.child.exitCode === null && server.child.signalCode === null) await server.kill()
  })
  await until(() => /health and metrics on (\S+)/.test(server.stderr()))
  const [, admin = ''] = /health and metrics on (\S+)/.exec(server.stderr()) ?? []
  return { ...server, admin }
}

test('the metrics of a server tell its requests, open uploads, garbage and free space', async () => {
  const server = await startServer({
    data: { directory: await temporaryDirectory() },
    credentials: [KEY_PAIR],
    admin: { port: 0 },
  })
  onTestFinished(() => server.close())
  const client = clientOf(server.url)
  await client.putBucket({ bucket: 'films' })
  const body = new Uint8Array(120_000)
  await client.putObject({ bucket: 'films', key: 'a', body })
  await client.deleteObject({ bucket: 'films', key: 'a' })
  const { uploadId } = await client.initiateMultipartUpload({ bucket: 'films', key: 'b' })
  await client.uploadPart({ bucket: 'films', key: 'b', uploadId, partNumber: 1, body })

  const { status, text } = await page(`${server.adminUrl}/-/metrics`)
  expect(status).toBe(200)
  expect(numberOf(text, 'lading_requests_total{operation="PutObject",status="2xx"}')).toBe(1)
  expect(numberOf(text, 'lading_received_bytes_total{operation="UploadPart"}')).toBe(120_000)
  expect(numberOf(text, 'lading_open_uploads')).toBe(1)
  expect(numberOf(text, 'lading_open_upload_bytes')).toBe(120_000)
  expect(numberOf(text, 'lading_stale_upload_bytes')).toBe(0)
  expect(numberOf(text, 'lading_garbage_items')).toBe(1)
  expect(numberOf(text, 'lading_free_bytes')).toBeGreaterThan(0)
  expect(numberOf(text, 'lading_reserve_bytes')).toBeGreaterThan(0)
  expect(numberOf(text, 'lading_event_loop_delay_max_seconds')).toBeGreaterThanOrEqual(0)
})

test('two servers of one process count apart', async () => {
  const start = async () => {
    const server = await startServer({ admin: { port: 0 }, credentials: [KEY_PAIR] })
    onTestFinished(() => server.close())
    return server
  }
  const [one, other] = [await start(), await start()]
  await clientOf(one.url).putBucket({ bucket: 'films' })
  const name = 'lading_requests_total{operation="PutBucket",status="2xx"}'
  expect(numberOf((await page(`${one.adminUrl}/-/metrics`)).text, name)).toBe(1)
  expect(numberOf((await page(`${other.adminUrl}/-/metrics`)).text, name)).toBeUndefined()
})

test('the door answers what it is for and nothing else, and clients find no metrics at theirs', async () => {
  const server = await startServer({ admin: { port: 0 }, credentials: [KEY_PAIR] })
  onTestFinished(() => server.close())
  const statuses = async (base: string | undefined) =>
    await Promise.all(
      ['/-/health/live', '/-/health/ready', '/-/metrics', '/', '/films/a'].map(
        async (path) => (await page(`${base}${path}`)).status,
      ),
    )
  expect(await statuses(server.adminUrl)).toEqual([200, 200, 200, 404, 404])
  expect((await statuses(server.url)).slice(0, 2)).toEqual([200, 200])
  expect((await page(`${server.url}/-/metrics`)).text).not.toContain('lading_')
  const put = await fetch(`${server.adminUrl}/-/metrics`, { method: 'PUT' })
  expect(put.status).toBe(405)
})

test('without being asked for there is no door', async () => {
  const server = await startServer({ credentials: [KEY_PAIR] })
  onTestFinished(() => server.close())
  expect(server.adminUrl).toBeUndefined()
  expect(await server.metrics()).toEqual([])
})

test('the primary of two workers tells of both as one', async () => {
  const server = await serve(['--workers', '2'])
  const client = clientOf(`http://127.0.0.1:${server.port}`)
  await client.putBucket({ bucket: 'films' })
  const count = 40
  // Each by a connection of its own, so that the workers share them.
  for (let n = 0; n < count; n++) {
    const one = new OssClient({
      endpoint: `http://127.0.0.1:${server.port}`,
      credentials: KEY_PAIR,
    })
    await one.putObject({ bucket: 'films', key: `key-${n}`, body: 'x' })
    await one.close()
  }
  await client.initiateMultipartUpload({ bucket: 'films', key: 'b' })
  const { text } = await page(`${server.admin}/-/metrics`)
  expect(numberOf(text, 'lading_workers')).toBe(2)
  expect(numberOf(text, 'lading_requests_total{operation="PutObject",status="2xx"}')).toBe(count)
  // Both see the same store, which is no reason to count it twice.
  expect(numberOf(text, 'lading_open_uploads')).toBe(1)
  expect((await page(`${server.admin}/-/health/ready`)).status).toBe(200)
  expect(await server.stop()).toBe(0)
})

test.each([1, 2])(
  'with %i workers a server that drains is alive and not ready, and answers what has come',
  async (workers) => {
    const server = await serve(['--workers', String(workers)])
    const client = clientOf(`http://127.0.0.1:${server.port}`)
    await client.putBucket({ bucket: 'films' })
    const { url } = await client.presign({ bucket: 'films', key: 'a', method: 'PUT' })
    // Asked to go on with its body, a request is surely being served.
    const put = request(url, {
      method: 'PUT',
      headers: { expect: '100-continue', 'content-length': 2 },
    })
    const answered = once(put, 'response') as Promise<[IncomingMessage]>
    put.flushHeaders()
    await once(put, 'continue')
    put.write('a')
    const stopped = server.stop()
    await until(async () => (await page(`${server.admin}/-/health/ready`)).status === 503)
    expect((await page(`${server.admin}/-/health/live`)).status).toBe(200)
    put.end('b')
    const [answer] = await answered
    expect(answer.resume().statusCode).toBe(200)
    expect(await stopped).toBe(0)
  },
)
