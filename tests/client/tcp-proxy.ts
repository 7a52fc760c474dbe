/** Stands before a server and passes on what comes, for as long as the test. */

import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface TcpProxy {
  readonly url: string
  /** The clients' connections that are open now. */
  readonly open: ReadonlySet<Socket>
}

/** @param carry Takes what comes from `socket` to `onward`. What comes back goes back as it is. */
export async function startTcpProxy(
  port: number,
  carry: (socket: Socket, onward: Socket) => void,
): Promise<TcpProxy> {
  const open = new Set<Socket>()
  const proxy = createServer((socket) => {
    open.add(socket)
    const onward = createConnection(port, '127.0.0.1')
    carry(socket, onward)
    onward.pipe(socket)
    socket.on('error', () => onward.destroy())
    onward.on('error', () => socket.destroy())
    socket.on('close', () => {
      open.delete(socket)
      onward.destroy()
    })
    onward.on('close', () => socket.destroy())
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    for (const socket of open) socket.destroy()
    await new Promise((resolve) => proxy.close(resolve))
  })
  const { port: own } = proxy.address() as AddressInfo
  return { url: `http://127.0.0.1:${own}`, open }
}
