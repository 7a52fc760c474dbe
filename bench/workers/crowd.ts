/** Clients that nobody wants: hundreds that hardly send, and those that send what is hard to read. */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { encodePath, formatQuery, presignV4 } from '@lading/protocol'
import { OssWire } from '../../tests/support/oss-wire.ts'
import { answerAsks } from './answer-asks.ts'

const MiB = 1024 * 1024
const bucket = 'bench'
const credentials = { accessKeyId: 'bench', accessKeySecret: 'bench-secret' }

const held: Socket[] = []

answerAsks({
  /** Holds `clients` connections, each in the first KiB of a body of a mebibyte. */
  hold: async ({ port, clients }: { readonly port: number; readonly clients: number }) => {
    const opening = Array.from({ length: clients }, async (_, at) => {
      const socket = connect(port, '127.0.0.1')
      // Cut by the server in the end, as slow ones are.
      socket.on('error', () => socket.destroy())
      held.push(socket)
      await once(socket, 'connect')
      socket.write(headOf(`held/${at}`))
      await once(socket, 'data')
      socket.write('x'.repeat(1024))
    })
    await Promise.all(opening)
  },

  /** How many are still held, and lets go of them. */
  release: () => {
    const open = held.filter((socket) => !socket.destroyed).length
    for (const socket of held.splice(0)) socket.destroy()
    return open
  },

  /** Sends each of the documents that are hardest to read, as the body of a Complete. */
  hostile: async ({ port, rounds }: { readonly port: number; readonly rounds: number }) => {
    const wire = new OssWire({ port, credentials })
    const query = { uploadId: '0'.repeat(32) }
    for (let round = 0; round < rounds; round += 1) {
      for (const body of hardDocuments()) {
        const { status } = await wire.send('POST', { bucket, key: 'hostile', query, body })
        if (status < 400 || status >= 500) throw new Error(`answered ${status}`)
      }
    }
    wire.close()
  },
})

function headOf(key: string): string {
  const query = presignV4(
    { method: 'PUT', bucket, key, query: [], headers: new Map() },
    credentials,
    {
      region: 'cn-hangzhou',
      now: new Date(),
      expiresInSeconds: 600,
    },
  )
  return [
    `PUT /${bucket}/${encodePath(key)}?${formatQuery(query)} HTTP/1.1`,
    'Host: 127.0.0.1',
    `Content-Length: ${MiB}`,
    'Expect: 100-continue',
    '\r\n',
  ].join('\r\n')
}

/** Two mebibytes each, the most that a Complete may have. */
function hardDocuments(): string[] {
  const root = (inner: string): string =>
    `<CompleteMultipartUpload>${inner}</CompleteMultipartUpload>`
  const fill = (piece: string): string => piece.repeat(Math.floor((2 * MiB - 100) / piece.length))
  return [
    root(fill('<Part/>')),
    root(fill('<a>')),
    root(fill('&#1;')),
    root(fill('\x01x')),
    root(fill('<![CDATA[]]>')),
    root(fill('<!---->')),
    fill('<'),
    root(fill('<Part><PartNumber>1</PartNumber><ETag>A</ETag></Part>')),
  ]
}
