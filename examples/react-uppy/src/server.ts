/** What a React application needs beside its page: a place that says where files go, and signs. */

import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import { OssClient } from '@lading/client/node'
import { answerPresign, type PresignGrant } from '@lading/client/presign-server'
import { type RunningServer, startServer } from '@lading/server'
import { build, type Plugin, preview } from 'vite'

const BUCKET = 'uploads'
const root = fileURLToPath(new URL('..', import.meta.url))
const outDir = fileURLToPath(new URL('../dist/site', import.meta.url))

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
  const settings = { root, configFile: false, logLevel: 'warn', build: { outDir } } as const
  await build({ ...settings, build: { outDir, emptyOutDir: true, chunkSizeWarningLimit: 1000 } })
  const server = await preview({
    ...settings,
    plugins: [backend(client, storage.url)],
    preview: { host: '127.0.0.1', port },
  })
  const url = server.resolvedUrls?.local[0]?.replace(/\/$/, '') ?? ''
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
      await server.close()
      await client.close()
      await storage.close({ graceMs: 0 })
    },
  }
}

function backend(client: OssClient, endpoint: string): Plugin {
  return {
    name: 'backend',
    configurePreviewServer({ middlewares }) {
      middlewares.use('/storage', (request, response) => {
        const visitor = visitorOf(request) ?? newVisitor(response)
        reply(response, 200, { endpoint, bucket: BUCKET, folder: folderOf(visitor) })
      })
      middlewares.use('/sign', (request, response, next) => {
        sign(client, request, response).catch(next)
      })
    },
  }
}

async function sign(
  client: OssClient,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const question = await readJson(request)
  const grant = (
    _: IncomingMessage,
    { key }: { readonly key: string },
  ): PresignGrant | undefined => {
    const visitor = visitorOf(request)
    if (!visitor || !key.startsWith(folderOf(visitor))) return undefined
    return { bucket: BUCKET, key }
  }
  const { status, body } = await answerPresign(client, grant, request, question)
  reply(response, status, body)
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  response.end(JSON.stringify(body))
}

/** `undefined` for what is not JSON, or is longer than any question of ours. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = ''
  if (request.headers['content-type'] !== 'application/json') return undefined
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk
    if (text.length > 32_768) return undefined
  }
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Your application has sessions of its own; this one knows a visitor by a cookie that scripts cannot read. */
function visitorOf({ headers }: IncomingMessage): string | undefined {
  return /(?:^|; )visitor=([0-9a-f-]{36})(?:;|$)/.exec(headers.cookie ?? '')?.[1]
}

function newVisitor(response: ServerResponse): string {
  const visitor = randomUUID()
  response.setHeader('Set-Cookie', `visitor=${visitor}; HttpOnly; SameSite=Strict; Max-Age=604800`)
  return visitor
}

function folderOf(visitor: string): string {
  return `visitors/${visitor}/`
}
