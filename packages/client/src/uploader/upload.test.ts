import { expect, test } from 'vitest'
import { TransportError } from '../errors.ts'
import { OssClient } from '../oss-client.ts'
import { UploadClient } from '../upload-client.ts'
import { upload } from './upload.ts'

const target = { bucket: 'bucket', key: 'key' }
let exchanges = 0
const client = new OssClient({
  region: 'cn-hangzhou',
  retry: { retries: 0 },
  transport: {
    async exchange() {
      exchanges += 1
      throw new TransportError('there is no network here')
    },
    close: async () => {},
  },
})

test.each([
  ['no part size', { partSize: 0 }],
  ['parts below 100 KiB', { partSize: 102_399 }],
  ['parts above 5 GiB', { partSize: 5 * 1024 ** 3 + 1 }],
  ['nothing in parallel', { parallel: 0 }],
  ['half a part in parallel', { parallel: 1.5 }],
  ['negative retries', { retries: -1 }],
  ['a threshold above 5 GiB', { multipartThreshold: 5 * 1024 ** 3 + 1 }],
])('%s is refused before anything begins', (_, options) => {
  expect(() => upload(client, new Uint8Array(1), target, options)).toThrow(RangeError)
})

test('what is no source is refused before anything begins', () => {
  expect(() => upload(client, 7 as unknown as Uint8Array, target)).toThrow(TypeError)
})

test('a stream in parts that would not fit into memory is refused', async () => {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(1)
  }
  const { done } = upload(client, bytes(), target, { partSize: 512 * 1024 ** 2 + 1 })
  await expect(done).rejects.toThrow(RangeError)
})

test('an upload that was aborted before it began sends nothing', async () => {
  const before = exchanges
  const signal = AbortSignal.abort(new Error('never mind'))
  const handle = upload(client, new Uint8Array(1), target, { signal })
  await expect(handle.done).rejects.toThrow('never mind')
  expect(handle.state).toBe('aborted')
  expect(exchanges).toBe(before)
})

test('an upload that failed before it was initiated can be aborted', async () => {
  const handle = upload(client, new Uint8Array(1), target)
  await expect(handle.done).rejects.toThrow('no network')
  await handle.abort()
  expect(handle.state).toBe('failed')
})

test('a client for uploads alone signs by V4, and says who signs by V1', () => {
  const transport = { exchange: () => Promise.reject(new Error('asked')), close: async () => {} }
  const options = { region: 'cn-hangzhou', transport, signatureVersion: 'v1' } as const
  expect(() => new UploadClient(options)).toThrow('OssClient signs by V1')
  expect(new OssClient(options).region).toBe('cn-hangzhou')
})
