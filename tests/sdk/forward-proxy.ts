/** An HTTP proxy for clients whose hosts no resolver here knows: whatever they ask for goes to one port. */

import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** Resolves with the proxy's URL; it lives as long as the test. */
export async function startForwardProxy(port: number): Promise<string> {
  const proxy = createServer((asked, answer) => {
    // A proxy is asked for whole URLs, and passes on what stands behind the host.
    const path = (asked.url ?? '').replace(/^https?:\/\/[^/?]*/, '')
    const { method, rawHeaders: headers } = asked
    const onward = httpRequest({ host: '127.0.0.1', port, method, path, headers }, (received) => {
      answer.writeHead(received.statusCode ?? 502, received.rawHeaders)
      received.pipe(answer)
    })
    onward.on('error', () => answer.destroy())
    asked.pipe(onward)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
}
