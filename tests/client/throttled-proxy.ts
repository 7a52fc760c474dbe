/** Stands before a server and lets requests through at a set speed, each connection or all together. */

import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface ThrottledProxy {
  readonly url: string
  /** The most connections that were open at the same time. */
  most(): number
}

export interface Throttle {
  readonly bytesPerSecond: number
  /** Whether the speed is that of each connection, or of all together. */
  readonly of: 'each' | 'all'
}

export async function startThrottledProxy(
  port: number,
  { bytesPerSecond, of }: Throttle,
): Promise<ThrottledProxy> {
  const open = new Set<Socket>()
  let most = 0
  let busyUntil = 0
  const proxy = createServer((socket) => {
    open.add(socket)
    most = Math.max(most, open.size)
    const onward = createConnection(port, '127.0.0.1')
    let ownUntil = 0
    socket.on('data', (chunk) => {
      const from = Math.max(performance.now(), of === 'each' ? ownUntil : busyUntil)
      const until = from + (chunk.length / bytesPerSecond) * 1000
      if (of === 'each') ownUntil = until
      else busyUntil = until
      socket.pause()
      setTimeout(() => {
        onward.write(chunk)
        socket.resume()
      }, until - performance.now())
    })
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
  return { url: `http://127.0.0.1:${own}`, most: () => most }
}
