/** A service, a page that uploads to it from another origin, and the browser that the page is in. */

import { open } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { OssClient } from '@lading/client/node'
import type { RunningServer } from '@lading/server'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { build } from 'vite'
import { onTestFinished } from 'vitest'
import { startServer } from '../support/server.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { until } from '../support/until.ts'

export const BUCKET = 'lading-page'
export const KEY = 'movie.mov'
export const MiB = 1024 * 1024

const keys = { accessKeyId: 'page', accessKeySecret: 'a secret of the page' }
const sourceOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** The page's files by path, as vite bundles them from the source. */
export async function buildPage(): Promise<ReadonlyMap<string, string>> {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    root: sourceOf('.'),
    resolve: { conditions: ['lading-source', 'browser', 'import', 'module', 'default'] },
    build: {
      write: false,
      minify: false,
      modulePreload: false,
      rollupOptions: {
        input: {
          page: sourceOf('upload-page.ts'),
          worker: sourceOf('../../packages/client/src/browser/hash-worker.ts'),
        },
        output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  })
  const files = [result].flat().flatMap((one) => ('output' in one ? one.output : []))
  return new Map(files.map((file) => [`/${file.fileName}`, 'code' in file ? file.code : '']))
}

export interface PageServer {
  readonly origin: string
  close(): Promise<void>
}

/** `/` may do all, `/strict` have no worker. */
export async function servePage(files: ReadonlyMap<string, string>): Promise<PageServer> {
  const html =
    '<!doctype html><title>page</title><input type="file"><script type="module" src="/page.js"></script>'
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    const code = files.get(path)
    if (code !== undefined) {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(code)
      return
    }
    const policy =
      path === '/strict' ? { 'content-security-policy': "worker-src 'none'" } : undefined
    response.writeHead(200, { 'content-type': 'text/html', ...policy }).end(html)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export interface UploadWorld {
  readonly client: OssClient
  readonly context: BrowserContext
  readonly page: Page
  readonly endpoint: string
  readonly server: RunningServer
  /** Milliseconds that the service's clock is ahead. */
  setClock(ahead: number): void
  /** How many parts the service has taken. */
  partsTaken(): number
  whenTaken(count: number): Promise<void>
  openPage(path?: string): Promise<Page>
  /** Ends the service, and starts it again at the same place with the same data. */
  restart(): Promise<void>
}

export interface WorldOptions {
  readonly exposeHeaders?: readonly string[]
  readonly path?: string
}

export async function startWorld(
  browser: Browser,
  site: PageServer,
  { exposeHeaders = ['ETag', 'x-oss-hash-crc64ecma'], path = '/' }: WorldOptions = {},
): Promise<UploadWorld> {
  const directory = await temporaryDirectory()
  let taken = 0
  let ahead = 0
  const start = (port: number): Promise<RunningServer> =>
    startServer({
      data: { directory },
      port,
      credentials: [keys],
      now: () => new Date(Date.now() + ahead),
      log: {
        write(line) {
          const { operation, status } = JSON.parse(line)
          if (operation === 'UploadPart' && status === 200) taken += 1
        },
      },
    })
  let server = await start(0)
  onTestFinished(() => server.close({ graceMs: 0 }))
  const client = new OssClient({ endpoint: server.url, credentials: keys })
  onTestFinished(() => client.close())
  await client.putBucket({ bucket: BUCKET })
  const allowedMethods = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD']
  await client.putBucketCors({
    bucket: BUCKET,
    rules: [
      { allowedOrigins: [site.origin], allowedMethods, allowedHeaders: ['*'], exposeHeaders },
    ],
  })
  const context = await browser.newContext()
  onTestFinished(() => context.close())
  const openPage = async (path = '/'): Promise<Page> => {
    const page = await context.newPage()
    await page.goto(site.origin + path)
    await page.waitForFunction(() => 'lading' in globalThis)
    return page
  }
  return {
    client,
    context,
    page: await openPage(path),
    endpoint: server.url,
    get server() {
      return server
    },
    setClock(ms) {
      ahead = ms
    },
    partsTaken: () => taken,
    whenTaken: (count) => until(() => taken >= count, 60_000),
    openPage,
    async restart() {
      const { port } = server
      await server.close({ graceMs: 0 })
      server = await start(port)
    },
  }
}

export const credentials: typeof keys = keys

/** A file whose parts of 1 MiB differ; all but 8 bytes of each are a hole. */
export async function makeFile(parts: number, name: string = KEY): Promise<string> {
  const path = join(await temporaryDirectory(), name)
  const file = await open(path, 'w')
  try {
    await file.truncate(parts * MiB)
    for (let part = 0; part < parts; part += 1) {
      const mark = Buffer.alloc(8)
      mark.writeUInt32LE(part + 1)
      await file.write(mark, 0, mark.length, part * MiB)
    }
  } finally {
    await file.close()
  }
  return path
}

export function choose(page: Page, path: string): Promise<void> {
  return page.setInputFiles('input', path)
}
