import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { type Gate, startCuttingProxy } from './cutting-proxy.ts'

/** An HTTP server that tells how many body bytes reached it, and the proxy before it. */
async function proxied(gate: Gate) {
  const received: { bytes: number; whole: boolean }[] = []
  const server = createServer((req, res) => {
    const seen = { bytes: 0, whole: false }
    received.push(seen)
    req.on('data', (chunk: Uint8Array) => {
      seen.bytes += chunk.length
    })
    req.on('end', () => {
      seen.whole = true
      res.end('HTTP/1.1 500 not a status line of ours\r\n')
    })
    req.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const proxy = await startCuttingProxy({ target: { host: '127.0.0.1', port }, gate })
  onTestFinished(async () => {
    await proxy.close()
    server.close()
    server.closeAllConnections()
  })
  return { proxy, received }
}

async function put(url: string, size: number): Promise<number | undefined> {
  const call = request(url, { method: 'PUT', headers: { 'content-length': size } })
  call.end(Buffer.alloc(size))
  const [response] = await once(call, 'response')
  response.resume()
  await once(response, 'end')
  return response.statusCode
}

test('what is not cut passes whole, and its answer is seen', async () => {
  const { proxy, received } = await proxied(async () => undefined)
  expect(await put(`${proxy.url}/films/a?partNumber=1`, 300_000)).toBe(200)
  expect(received).toEqual([{ bytes: 300_000, whole: true }])
  expect(proxy.requests).toEqual([
    { method: 'PUT', target: '/films/a?partNumber=1', bodySize: 300_000, status: 200 },
  ])
})

test('a connection is destroyed in the middle of a body, after exactly as many bytes', async () => {
  const { proxy, received } = await proxied(async () => ({ cutAfter: 100_000 }))
  await expect(put(`${proxy.url}/`, 300_000)).rejects.toMatchObject({ code: /ECONNRESET|EPIPE/ })
  expect(proxy.requests[0]?.status).toBeUndefined()
  expect(received[0]?.whole ?? false).toBe(false)
  expect(received[0]?.bytes ?? 0).toBeLessThanOrEqual(100_000)
})

test('a request that the gate holds reaches nobody until it is let go', async () => {
  let open = () => {}
  const gateOpened = new Promise<void>((resolve) => {
    open = resolve
  })
  const { proxy, received } = await proxied(async ({ target }) => {
    if (target === '/held') await gateOpened
    return undefined
  })
  const held = put(`${proxy.url}/held`, 10)
  expect(await put(`${proxy.url}/free`, 10)).toBe(200)
  expect(received).toHaveLength(1)
  open()
  expect(await held).toBe(200)
})
