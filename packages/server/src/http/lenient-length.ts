/**
 * Node's strict HTTP parser with one exception: a request may carry `Transfer-Encoding: chunked` and
 * `Content-Length` together, as the OSS C SDK sends every PUT and POST. Node has no option for that
 * alone; `insecureHTTPParser` also merges folded headers and takes loose chunk framing without a
 * trace. So this file, and no other, reaches for `socket.parser`, which is undocumented.
 */

import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { connect as connectSecurely, Server as SecureServer } from 'node:tls'
import type { Certificate } from './certificate.ts'

interface NodeParser {
  remove(): void
  initialize(
    type: number,
    resource: object,
    maxHeaderSize: number,
    lenientFlags: number,
    connections: unknown,
  ): void
  readonly constructor: { readonly REQUEST?: number; readonly kLenientChunkedLength?: number }
}

/**
 * Makes every connection of `server`, which must be listening before the first one comes, take both
 * lengths. Does nothing where Node lacks what it needs: ask `bothLengthsWork` first.
 */
export function allowBothLengths(server: Server): void {
  // A parser sits on what it reads from, and that is the plain socket only where there is no TLS.
  const readable = server instanceof SecureServer ? 'secureConnection' : 'connection'
  server.on(readable, (socket: Socket) => {
    const { parser } = socket as Socket & { readonly parser?: NodeParser }
    const { REQUEST, kLenientChunkedLength } = parser?.constructor ?? {}
    const connections = connectionsOf(server)
    if (!parser || REQUEST === undefined || !kLenientChunkedLength || !connections) return
    // Out of the list of connections before its start time changes: the list is sorted by it.
    parser.remove()
    const { maxHeaderSize = 0 } = server as Server & { readonly maxHeaderSize?: number }
    // Without the list, Node's timeouts stop and `closeAllConnections` throws.
    parser.initialize(REQUEST, { socket }, maxHeaderSize, kLenientChunkedLength, connections)
  })
}

/**
 * Tries the parser on loopback, through TLS where there is a certificate: both lengths must be
 * understood, twice on one connection, and what a strict parser refuses must still be refused. False
 * when any of that fails, never a rejection. `teach` is what is tried.
 */
export async function bothLengthsWork(
  certificate?: Certificate,
  teach: (server: Server) => void = allowBothLengths,
): Promise<boolean> {
  const server = certificate ? createSecureServer(certificate) : createServer()
  server.on('request', (request, response) => {
    request.resume().on('end', () => response.end('taken'))
  })
  server.on('clientError', (_, socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  teach(server)
  try {
    // Exclusive: the workers of a cluster would share the port, and answer one another's trials.
    server.listen({ port: 0, host: '127.0.0.1', exclusive: true })
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const answers = await Promise.all(
      trials.map(([text]) =>
        exchange(text, () => {
          const target = { port, host: '127.0.0.1' }
          // It is our own server, whatever name its certificate has.
          return certificate
            ? connectSecurely({ ...target, rejectUnauthorized: false })
            : connect(target)
        }),
      ),
    )
    return trials.every(([, expected], index) => expected.test(answers[index] ?? ''))
  } catch {
    return false
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const CLOSING = 'HTTP/1.1\r\nHost: a\r\nConnection: close\r\n'
const BOTH =
  'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n'
const REFUSED = /^HTTP\/1\.1 400 /

const trials: readonly (readonly [request: string, answer: RegExp])[] = [
  [`${BOTH}${BOTH}GET / ${CLOSING}\r\n`, /^(HTTP\/1\.1 200 [\s\S]*?\r\n\r\n[\s\S]*?){3}$/],
  [`GET / ${CLOSING}X-A: b\r\n c\r\n\r\n`, REFUSED],
  [`GET / ${CLOSING}\r\n`.replaceAll('\r', ''), REFUSED],
  [`PUT / ${CLOSING}Content-Length: 1\r\nContent-Length: 1\r\n\r\na`, REFUSED],
  [`PUT / ${CLOSING}Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n`, REFUSED],
]

/** All that comes back until the peer closes; rejects after 5 s. */
async function exchange(text: string, open: () => Socket): Promise<string> {
  const socket = open()
  socket.setTimeout(5000, () => socket.destroy(new Error('No answer on loopback.')))
  socket.setEncoding('latin1').write(text)
  let answer = ''
  for await (const chunk of socket) answer += chunk
  return answer
}

/** The list that Node's own timeouts go through; made when the server begins to listen. */
function connectionsOf(server: Server): unknown {
  const key = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === 'http.server.connections',
  )
  return key && (server as unknown as Record<symbol, unknown>)[key]
}
