/** Something in front of a real server that breaks one of its promises now and then. */

import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { etagOf } from '../support/oss-wire.ts'
import type { Random } from '../support/random.ts'

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

interface Asked {
  readonly method: string
  readonly target: string
  readonly body: Buffer
}

/** What is answered in place of the server, or `undefined` for what the server answers. */
type Defect = (asked: Asked, earlier: Answer | undefined) => Answer | undefined

const isPart = ({ method, target }: Asked): boolean => method === 'PUT' && target.includes('partN')
const isObject = ({ target }: Asked): boolean => !target.includes('?')

/** By what it does wrong. */
export const proxyDefects = {
  'acknowledges parts and forgets them': (asked) =>
    isPart(asked) ? ok({ etag: `"${etagOf(asked.body)}"` }) : undefined,
  'acknowledges puts and forgets them': (asked) =>
    asked.method === 'PUT' && isObject(asked) ? ok({ etag: `"${etagOf(asked.body)}"` }) : undefined,
  'acknowledges deletions and leaves the object': (asked) =>
    asked.method === 'DELETE' && isObject(asked) ? noContent() : undefined,
  'acknowledges aborts and leaves the upload': (asked) =>
    asked.method === 'DELETE' && asked.target.includes('uploadId') ? noContent() : undefined,
  'shows objects as they were before': (asked, earlier) =>
    asked.method === 'GET' && isObject(asked) ? earlier : undefined,
  'lists parts as they were before': (asked, earlier) =>
    asked.method === 'GET' && !isObject(asked) ? earlier : undefined,
  'gives out half of an object': (asked, earlier) =>
    asked.method === 'GET' && isObject(asked) && earlier?.status === 200
      ? { ...earlier, body: earlier.body.subarray(0, earlier.body.length / 2) }
      : undefined,
  'gives out an upload id twice': (asked, earlier) =>
    asked.method === 'POST' && asked.target.endsWith('?uploads') ? earlier : undefined,
} as const satisfies Readonly<Record<string, Defect>>

function ok(headers: IncomingHttpHeaders): Answer {
  return { status: 200, headers, body: Buffer.alloc(0) }
}

function noContent(): Answer {
  return { status: 204, headers: {}, body: Buffer.alloc(0) }
}

export interface DefectiveProxy {
  readonly port: number
  close(): Promise<void>
}

/** Passes everything on to `port`, but for a third of what `defect` has another answer for. */
export async function interpose(
  port: number,
  defect: Defect | undefined,
  random: Random,
): Promise<DefectiveProxy> {
  const answers = new Map<string, Answer>()
  const server = createServer(async (incoming, outgoing) => {
    try {
      const chunks: Buffer[] = []
      for await (const chunk of incoming) chunks.push(chunk as Buffer)
      const { method = '', url: target = '' } = incoming
      const asked = { method, target, body: Buffer.concat(chunks) }
      const place = `${method} ${target}`
      const wrong = random.chance(0.33) ? defect?.(asked, answers.get(place)) : undefined
      const answer = wrong ?? (await passOn(port, asked, incoming.headers))
      if (!wrong) answers.set(place, answer)
      const { 'transfer-encoding': _, ...headers } = answer.headers
      outgoing.writeHead(answer.status, {
        ...headers,
        ...(answer.status !== 204 && { 'content-length': answer.body.length }),
      })
      outgoing.end(answer.body)
    } catch {
      outgoing.destroy()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function passOn(port: number, asked: Asked, headers: IncomingHttpHeaders): Promise<Answer> {
  const { method, target: path, body } = asked
  return new Promise((resolve, reject) => {
    const onward = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: false })
    onward.on('error', reject)
    onward.on('response', async (response) => {
      try {
        const chunks: Buffer[] = []
        for await (const chunk of response) chunks.push(chunk as Buffer)
        const status = response.statusCode ?? 500
        resolve({ status, headers: response.headers, body: Buffer.concat(chunks) })
      } catch (error) {
        reject(error)
      }
    })
    onward.end(body)
  })
}
