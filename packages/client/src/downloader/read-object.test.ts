import { expect, onTestFinished, test } from 'vitest'
import { localServer, readAll } from '../local-server.contract.ts'
import { OssClient } from '../oss-client.ts'
import { nodeTransport } from '../transport/node.ts'
import { readObject } from './read-object.ts'

const object = { bucket: 'bucket', key: 'key' }
const whole = 'ten bytes.'

/** A client of a server whose answers to GET are cleanly ended after as many bytes as `given` says. */
async function shortAnswers(
  given: readonly number[],
): Promise<{ client: OssClient; asked: string[] }> {
  const asked: string[] = []
  const server = await localServer((request, response) => {
    const etag = '"5D41402ABC4B2A76B9719D911017C592"'
    const common = { etag, 'last-modified': 'Wed, 21 Oct 2015 07:28:00 GMT' }
    if (request.method === 'HEAD') {
      response.writeHead(200, { ...common, 'content-length': whole.length }).end()
      return
    }
    const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1])
    const bytes = given[asked.length] ?? 0
    asked.push(`${request.headers.range}`)
    response.writeHead(206, {
      ...common,
      'transfer-encoding': 'chunked',
      'content-range': `bytes ${start}-${whole.length - 1}/${whole.length}`,
    })
    response.end(whole.slice(start, start + bytes))
  })
  const client = new OssClient({
    endpoint: server.url,
    transport: nodeTransport(),
    retry: { retries: 2, baseDelayMs: 1, maxDelayMs: 1 },
  })
  onTestFinished(() => client.close())
  return { client, asked }
}

test('answers that end short go on where they ended', async () => {
  const { client, asked } = await shortAnswers([4, 3, 3])
  expect(await readAll(readObject(client, object))).toBe(whole)
  expect(asked).toEqual(['bytes=0-9', 'bytes=4-9', 'bytes=7-9'])
})

test('answers that keep ending short without a byte are given up after the retries', async () => {
  const { client, asked } = await shortAnswers([4])
  await expect(readAll(readObject(client, object))).rejects.toMatchObject({
    name: 'TransportError',
    message: expect.stringContaining('shorter'),
  })
  expect(asked).toEqual(['bytes=0-9', 'bytes=4-9', 'bytes=4-9'])
})
