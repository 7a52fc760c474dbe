/** The command before services that are not ours: behind a proxy, with bare answers, with TLS of their own. */

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { type Bench, bench, eventsOf, isSame } from './lading.ts'

const KiB = 1024

/** What the API reference of OSS documents of answers; whatever else a server says is taken away. */
const documented = new Set([
  ...['content-length', 'content-type', 'content-range', 'content-encoding', 'content-disposition'],
  ...['cache-control', 'expires', 'date', 'etag', 'last-modified', 'accept-ranges', 'connection'],
  ...['transfer-encoding', 'x-oss-request-id', 'x-oss-hash-crc64ecma', 'x-oss-object-type'],
  ...['x-oss-storage-class', 'x-oss-version-id', 'x-oss-delete-marker', 'x-oss-err', 'x-oss-ec'],
  ...['x-oss-copy-source-version-id', 'x-oss-tagging-count', 'x-oss-meta-colour'],
])

interface BareProxy {
  readonly url: string
  /** Method and URL of each request that came as to a proxy. */
  readonly asked: string[]
  /** Names of headers that were taken away. */
  readonly stripped: Set<string>
}

async function bareProxy(): Promise<BareProxy> {
  const asked: string[] = []
  const stripped = new Set<string>()
  function pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method, headers, url = '' } = incoming
    asked.push(`${method} ${url}`)
    const onward = request(url, { method, headers }, (reply) => {
      for (const [name, value] of Object.entries(reply.headers)) {
        if (value !== undefined && documented.has(name)) outgoing.setHeader(name, value)
        else stripped.add(name)
      }
      outgoing.writeHead(reply.statusCode ?? 0)
      reply.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  }
  const server = createServer(pass)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, stripped }
}

function countOf({ requests }: Bench, operation: string): number {
  return requests.filter((request) => request.operation === operation).length
}

test('through a proxy that lets nothing pass but what OSS documents, everything works', async () => {
  const table = await bench()
  const proxy = await bareProxy()
  const { directory } = table
  const run = (...args: string[]) => table.run([...args, '--proxy', proxy.url])
  const film = await table.file('film.mov', 350 * KiB)
  await mkdir(join(directory, 'tree/sub'), { recursive: true })
  await writeFile(join(directory, 'tree/a'), 'a')
  await writeFile(join(directory, 'tree/sub/b'), 'b')
  const parts = ['--part-size', '100K', '--no-progress']
  for (const args of [
    ['mb', 'oss://archive'],
    ['cp', 'film.mov', 'oss://films/', '--verify', 'strict', '--metadata', 'colour=blue', ...parts],
    ['cp', 'oss://films/film.mov', 'back.mov', ...parts],
    ['cp', 'oss://films/film.mov', 'oss://archive/', ...parts],
    ['sync', 'tree', 'oss://films/tree', '--checksum', ...parts],
    ['sync', 'oss://films/tree', 'oss://archive/tree', ...parts],
    ['cp', '-r', 'oss://archive/tree', 'down', ...parts],
    ['ls', '-rl', 'oss://films'],
    ['ls'],
    ['du', 'oss://films', '--uploads'],
    ['stat', 'oss://films/film.mov'],
    ['stat', 'oss://films'],
    ['uploads', 'ls', 'oss://films'],
    ['mkdir', 'oss://films/empty'],
    ['rm', '-r', '-f', 'oss://archive'],
    ['rb', '--force', 'oss://archive'],
  ]) {
    expect(await run(...args), args.join(' ')).toMatchObject({ status: 0 })
  }
  expect(isSame(await readFile(join(directory, 'back.mov')), film)).toBe(true)
  expect(countOf(table, 'UploadPart')).toBe(4)
  expect(await readFile(join(directory, 'down/sub/b'), 'utf8')).toBe('b')
  // It was really asked, and really took something away.
  expect(proxy.asked[0]).toBe(`PUT ${table.server.url}/archive/`)
  expect(proxy.asked.length).toBe(table.requests.length)
  expect([...proxy.stripped]).not.toEqual([])
})

test('a proxy that is not there is said so, and off goes without the one of the environment', async () => {
  const { run } = await bench()
  const env = { HTTP_PROXY: 'http://127.0.0.1:1', http_proxy: 'http://127.0.0.1:1' }
  expect(await run(['ls', '--proxy', 'http://127.0.0.1:1', '--retry-times', '0'])).toMatchObject({
    status: 6,
  })
  expect(await run(['ls', '--proxy', 'off'], { env })).toMatchObject({ status: 0 })
  expect(await run(['ls', '--proxy', 'ftp://proxy'])).toMatchObject({ status: 2 })
})

test('an authority of its own is trusted with --ca-file, and only then', async () => {
  const fixture = (name: string): string =>
    fileURLToPath(new URL(`../../packages/server/src/http/fixtures/${name}`, import.meta.url))
  const certFile = fixture('first.cert.pem')
  const table = await bench({ tls: { certFile, keyFile: fixture('first.key.pem') } })
  const ls = ['ls', '--retry-times', '0', '--json']
  expect(await table.run(ls)).toMatchObject({ status: 6 })
  expect(eventsOf(await table.run([...ls, '--ca-file', certFile]))).toMatchObject([
    { name: 'films' },
  ])
})
