/**
 * The planted fault of the crash test: something in front of the server that says 200 to a part
 * before the server has it. A test that lets this pass would let a server pass that answers before
 * it commits.
 */

import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { etagOf } from '../support/oss-wire.ts'

export async function acknowledgeEarly(
  port: number,
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((incoming, answer) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const body = Buffer.concat(chunks)
      const part = incoming.method === 'PUT' && incoming.url?.includes('partNumber=')
      const onward = httpRequest({
        host: '127.0.0.1',
        port,
        method: incoming.method,
        path: incoming.url,
        headers: incoming.headers,
      })
      onward.on('error', () => answer.destroy())
      onward.on('response', (response) => {
        if (part) {
          response.resume()
          return
        }
        answer.writeHead(response.statusCode ?? 500, response.headers)
        response.on('error', () => answer.destroy())
        response.pipe(answer)
      })
      if (part) answer.writeHead(200, { etag: `"${etagOf(body)}"`, 'content-length': '0' }).end()
      onward.end(body)
    })
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
