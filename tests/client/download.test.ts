/** `download` and `readObject` against the server. */

import { readdirSync, statSync } from 'node:fs'
import { lstat, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import {
  type DownloadProgress,
  download,
  nodeTransport,
  type OssClient,
  readObject,
} from '@lading/client/node'
import { parseFault } from '@lading/server'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../support/temporary.ts'
import { BUCKET, bytesOf, KiB, randomContent, startService, tampering } from './service.ts'

const object = { bucket: BUCKET, key: 'to be read' }
const partSize = 64 * KiB
const content = randomContent(5 * partSize + 3)

async function destinationIn(directory: string): Promise<string> {
  return join(directory, 'file.bin')
}

async function put(client: OssClient, body: Uint8Array = content): Promise<void> {
  await client.putObject({ ...object, body })
}

test('a file gets all bytes in parallel ranges, and nothing else is left beside it', async () => {
  const service = await startService()
  await put(service.client)
  const directory = await temporaryDirectory()
  const path = await destinationIn(directory)
  const heard: DownloadProgress[] = []

  const result = await download(service.client, object, path, {
    partSize,
    parallel: 3,
    onProgress: (progress) => void heard.push(progress),
  }).done

  expect(result).toMatchObject({
    size: content.length,
    verified: ['crc64'],
    parts: 6,
    resumedParts: 0,
    retries: 0,
    skipped: false,
    status: 200,
  })
  expect(Buffer.compare(await readFile(path), content)).toBe(0)
  expect(await readdir(directory)).toEqual(['file.bin'])
  expect(heard.at(-1)).toEqual({
    loaded: content.length,
    resumed: 0,
    total: content.length,
    partsDone: 6,
    parts: 6,
  })
  expect(await service.count('GetObject', 6)).toBe(6)
})

test('an empty object makes an empty file', async () => {
  const { client } = await startService()
  await put(client, new Uint8Array(0))
  const path = await destinationIn(await temporaryDirectory())
  await download(client, object, path).done
  expect(await readFile(path)).toHaveLength(0)
})

test('a stream is given all bytes and ended', async () => {
  const { client } = await startService()
  await put(client)
  const chunks: Buffer[] = []
  const stream = new Writable({
    write(chunk, _, done) {
      chunks.push(chunk)
      done()
    },
  })

  await download(client, object, stream).done

  expect(stream.writableFinished).toBe(true)
  expect(Buffer.compare(Buffer.concat(chunks), content)).toBe(0)
})

test('a range that fails is asked for again', async () => {
  const service = await startService({
    faults: [
      parseFault('GetObject,nth=2,cut=request'),
      parseFault('GetObject,nth=4,fail=InternalError'),
    ],
  })
  await put(service.client)
  const path = await destinationIn(await temporaryDirectory())
  await download(service.client, object, path, { partSize }).done
  expect(Buffer.compare(await readFile(path), content)).toBe(0)
})

test('a body that breaks is gone on with from the byte it broke at', async () => {
  const service = await startService()
  await put(service.client)
  const asked: (string | undefined)[] = []
  let broken = 0
  const transport = tampering(({ headers }, response) => {
    if (response.status !== 206) return response
    asked.push(headers.get('range'))
    broken += 1
    return broken > 2 ? response : { ...response, body: breaking(response.body) }
  })
  async function* breaking(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      yield chunk.subarray(0, 10)
      const { TransportError } = await import('@lading/client')
      throw new TransportError('broken on purpose')
    }
  }

  const bytes = await bytesOf(readObject(service.connect({ transport }), object))

  expect(Buffer.compare(bytes, content)).toBe(0)
  const last = content.length - 1
  expect(asked).toEqual([`bytes=0-${last}`, `bytes=10-${last}`, `bytes=20-${last}`])
})

test('a whole object in answer to a range is refused, and no file appears', async () => {
  const service = await startService()
  await put(service.client)
  const transport = tampering((_, response) =>
    response.status === 206 ? { ...response, status: 200 } : response,
  )
  const directory = await temporaryDirectory()

  const downloaded = download(
    service.connect({ transport }),
    object,
    await destinationIn(directory),
  ).done

  await expect(downloaded).rejects.toMatchObject({ name: 'TransportError' })
  expect(await readdir(directory)).toEqual([])
})

test("bytes that are not the object's are refused, and the file that was there stays", async () => {
  const service = await startService()
  await put(service.client)
  const transport = tampering((_, response) =>
    response.status === 206 ? { ...response, body: flipped(response.body) } : response,
  )
  async function* flipped(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) yield chunk.map((byte) => byte ^ 1)
  }
  const directory = await temporaryDirectory()
  const path = await destinationIn(directory)
  await writeFile(path, 'before')
  const client = service.connect({ transport })

  await expect(download(client, object, path, { partSize }).done).rejects.toMatchObject({
    name: 'IntegrityError',
    subject: 'object',
  })
  await expect(bytesOf(readObject(client, object))).rejects.toMatchObject({
    name: 'IntegrityError',
  })
  expect(await readFile(path, 'utf8')).toBe('before')
  expect(await readdir(directory)).toEqual(['file.bin'])
})

test('an object that is replaced while it is read is noticed', async () => {
  const service = await startService()
  await put(service.client)
  const directory = await temporaryDirectory()
  let replaced: Promise<unknown> | undefined
  const transport = tampering(({ method }, response) => {
    if (method === 'HEAD') replaced = put(service.client, randomContent(content.length))
    return response
  })
  const client = service.connect({
    transport: {
      ...transport,
      async exchange(request, options) {
        await replaced
        return transport.exchange(request, options)
      },
    },
  })

  const downloaded = download(client, object, await destinationIn(directory), {
    partSize,
    onReplaced: 'fail',
  }).done

  await expect(downloaded).rejects.toMatchObject({ code: 'PreconditionFailed' })
  expect(await readdir(directory)).toEqual([])
})

test('an object that is replaced before its stream begins is noticed', async () => {
  const service = await startService()
  await put(service.client)
  let replaced: Promise<unknown> | undefined
  const transport = nodeTransport()
  const client = service.connect({
    transport: {
      async exchange(request, options) {
        await replaced
        const answer = await transport.exchange(request, options)
        if (request.method === 'HEAD') replaced ??= put(service.client, randomContent(7))
        return answer
      },
      close: () => transport.close(),
    },
  })
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() })

  await expect(download(client, object, sink).done).rejects.toMatchObject({
    code: 'PreconditionFailed',
  })
})

test('an abort ends a download into a stream that takes nothing more', async () => {
  const service = await startService()
  await put(service.client)
  const controller = new AbortController()
  const stalled = new Writable({
    write: () => controller.abort(new Error('enough')),
  })

  const downloaded = download(service.client, object, stalled, { signal: controller.signal }).done

  await expect(downloaded).rejects.toThrow('enough')
  expect(stalled.destroyed).toBe(true)
})

test('a name as long as the file system allows is no hindrance', async () => {
  const service = await startService()
  await put(service.client)
  const path = join(await temporaryDirectory(), '電'.repeat(80))

  await download(service.client, object, path).done

  expect(Buffer.compare(await readFile(path), content)).toBe(0)
})

test('an abort leaves no file', async () => {
  const service = await startService()
  await put(service.client)
  const directory = await temporaryDirectory()
  const controller = new AbortController()

  const downloaded = download(service.client, object, await destinationIn(directory), {
    partSize,
    parallel: 1,
    signal: controller.signal,
    onProgress: () => controller.abort(new Error('enough')),
  }).done

  await expect(downloaded).rejects.toThrow('enough')
  expect(await readdir(directory)).toEqual([])
})

test('a link stays a link, and what is no file is refused', async () => {
  const { client } = await startService()
  await put(client)
  const directory = await temporaryDirectory()
  const path = await destinationIn(directory)
  const link = join(directory, 'link')
  await writeFile(path, 'before')
  await symlink(path, link)

  await download(client, object, link).done

  expect((await lstat(link)).isSymbolicLink()).toBe(true)
  expect(Buffer.compare(await readFile(path), content)).toBe(0)
  await expect(download(client, object, '/dev/null').done).rejects.toThrow(TypeError)
  await symlink(join(directory, 'nothing'), join(directory, 'dangling'))
  const dangling = download(client, object, join(directory, 'dangling'))
  await expect(dangling.done).rejects.toThrow('leads nowhere')
  expect((await lstat(join(directory, 'dangling'))).isSymbolicLink()).toBe(true)
})

test('what is on its way to a private file is as private', async () => {
  const { client } = await startService()
  await put(client)
  const directory = await temporaryDirectory()
  const path = await destinationIn(directory)
  await writeFile(path, 'before', { mode: 0o600 })
  const modes = new Set<number>()

  await download(client, object, path, {
    partSize,
    onProgress() {
      for (const name of readdirSync(directory)) modes.add(statSync(join(directory, name)).mode)
    },
  }).done

  expect([...modes].map((mode) => mode & 0o777)).toEqual([0o600])
})
