/** An upload whose end the service tells to an application. */

import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { upload } from '@lading/client/node'
import { expect, onTestFinished, test } from 'vitest'
import { BUCKET, bytesOf, KiB, startService } from './service.ts'

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64')

test.each([
  ['in parts', 250 * KiB],
  ['by one request', 5],
])('an upload %s brings what the callback answers, and is proved all the same', async (_, size) => {
  const asked: string[] = []
  const application = createServer(async (request, response) => {
    asked.push((await bytesOf(request)).toString())
    response.setHeader('content-type', 'application/json')
    response.end('{"taken":true}')
  })
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void application.close())
  const { port } = application.address() as AddressInfo
  const service = await startService({ callbackHosts: [`127.0.0.1:${port}`] })

  const result = await upload(
    service.client,
    randomBytes(size),
    { bucket: BUCKET, key: 'movie' },
    {
      partSize: 100 * KiB,
      multipartThreshold: 100,
      callback: base64({
        callbackUrl: `http://127.0.0.1:${port}/taken`,
        callbackBody: 'size=$' + '{size}&shelf=$' + '{x:shelf}',
      }),
      callbackVar: base64({ 'x:shelf': 'b2' }),
    },
  ).done

  expect(asked).toEqual([`size=${size}&shelf=b2`])
  expect(JSON.parse(result.callbackBody ?? '')).toEqual({ taken: true })
  const head = await service.client.headObject({ bucket: BUCKET, key: 'movie' })
  expect(head.size).toBe(size)
})
