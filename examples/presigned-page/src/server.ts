/** The backend: it knows who may upload where, and has the keys. The page has neither. */

import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { OssClient } from '@lading/client/node'
import { expressPresign, type PresignGrant } from '@lading/client/presign-server'
import { type RunningServer, startServer } from '@lading/server'
import express, { type Request, type Response } from 'express'
import { build } from 'vite'

const BUCKET = 'uploads'
const root = fileURLToPath(new URL('..', import.meta.url))
const site = fileURLToPath(new URL('../dist/site', import.meta.url))

/** Bytes of one request: with 10,000 parts, a bound for what a visitor can store. */
const MAX_PART_SIZE = 16 * 1024 * 1024

export interface Served {
  readonly url: string
  /** The service behind it, and its keys. */
  readonly storage: RunningServer
  close(): Promise<void>
}

/** Serves the page and what signs for it, beside a service in this process that forgets all when it ends. */
export async function serve({ port = 0 }: { readonly port?: number } = {}): Promise<Served> {
  const storage = await startServer()
  const client = new OssClient({ endpoint: storage.url, credentials: storage.credentials })
  await client.putBucket({ bucket: BUCKET })
  await build({ root, logLevel: 'warn', build: { outDir: site, emptyOutDir: true } })
  const server = await listen(application(client, storage.url), port)
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await client.putBucketCors({
    bucket: BUCKET,
    rules: [
      {
        allowedOrigins: [url],
        allowedMethods: ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'],
        allowedHeaders: ['*'],
        exposeHeaders: ['ETag', 'x-oss-request-id', 'x-oss-hash-crc64ecma'],
      },
    ],
  })
  return {
    url,
    storage,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await client.close()
      await storage.close({ graceMs: 0 })
    },
  }
}

function application(client: OssClient, storageUrl: string): express.Express {
  const app = express()
  app.disable('x-powered-by')
  app.use((_, response, next) => {
    response.set({
      // The service is the only other place that the page may talk to; sums are taken by WebAssembly.
      'Content-Security-Policy': `default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${storageUrl}`,
      'X-Content-Type-Options': 'nosniff',
    })
    next()
  })
  app.use(express.json({ limit: '32kb' }))
  // Where a file goes. The same file of the same visitor comes to the same key, and is resumed there.
  app.post('/target', (request: Request, response: Response) => {
    const { name } = (request.body ?? {}) as { readonly name?: unknown }
    if (typeof name !== 'string' || name === '' || name.length > 200) {
      response.status(400).json({ message: 'A file needs a name of at most 200 characters.' })
      return
    }
    const visitor = visitorOf(request) ?? newVisitor(response)
    response.json({ endpoint: storageUrl, bucket: BUCKET, key: folderOf(visitor) + name })
  })
  app.post(
    '/sign',
    expressPresign(client, (request: Request, { key }): PresignGrant | undefined => {
      const visitor = visitorOf(request)
      if (!visitor || !key.startsWith(folderOf(visitor))) return undefined
      return { bucket: BUCKET, key, maxPartSize: MAX_PART_SIZE }
    }),
  )
  app.use(express.static(site))
  return app
}

/** Your application has sessions of its own; this one knows a visitor by a cookie that scripts cannot read. */
function visitorOf({ headers }: Request): string | undefined {
  return /(?:^|; )visitor=([0-9a-f-]{36})(?:;|$)/.exec(headers.cookie ?? '')?.[1]
}

function newVisitor(response: Response): string {
  const visitor = randomUUID()
  response.cookie('visitor', visitor, {
    httpOnly: true,
    sameSite: 'strict',
    maxAge: 7 * 86_400_000,
  })
  return visitor
}

function folderOf(visitor: string): string {
  return `visitors/${visitor}/`
}

function listen(app: express.Express, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = app.listen(port, '127.0.0.1', () => resolve(server))
    server.once('error', reject)
  })
}
