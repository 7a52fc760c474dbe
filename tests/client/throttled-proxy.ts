/** Stands before a server and lets requests through at a set speed, each connection or all together. */

import { startTcpProxy } from './tcp-proxy.ts'

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
  let most = 0
  let busyUntil = 0
  const { url, open } = await startTcpProxy(port, (socket, onward) => {
    most = Math.max(most, open.size)
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
  })
  return { url, most: () => most }
}
