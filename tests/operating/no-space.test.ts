/**
 * A disk that fills up under a running server: refused cleanly, nothing acknowledged lost, reads go on,
 * and writes resume by themselves in the same process. On small disks in memory, which root can mount.
 */

import { createHash, randomBytes } from 'node:crypto'
import { open, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { OssClient, OssError } from '@lading/client/node'
import { expect, onTestFinished, test } from 'vitest'
import {
  canMount,
  mountSmallDisk,
  type SmallDisk,
} from '../../packages/server/src/drivers/small-disk.contract.ts'
import { KEY_PAIR, type ServeProcess, serveProcess } from '../support/serve-process.ts'
import { startServer } from '../support/server.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const mountable = canMount()
const where = mountable ? '' : ' (not run: needs root on Linux to mount a small disk)'

const MiB = 1024 * 1024

/** Bytes of a part, and of an object. */
const SIZE = 300_000

interface SmallServer {
  readonly disk: SmallDisk
  readonly directory: string
  readonly server: ServeProcess
  readonly client: OssClient
}

function clientOf(url: string): OssClient {
  const client = new OssClient({ endpoint: url, credentials: KEY_PAIR, retry: { retries: 0 } })
  onTestFinished(() => client.close())
  return client
}

async function serve(directory: string, args: readonly string[]): Promise<ServeProcess> {
  const server = await serveProcess(directory, { args })
  onTestFinished(async () => {
    if (server.child.exitCode === null && server.child.signalCode === null) await server.kill()
  })
  return server
}

async function serveOnSmallDisk(kibibytes: number, args: readonly string[]): Promise<SmallServer> {
  const disk = mountSmallDisk(kibibytes)
  onTestFinished(() => disk.remove())
  const directory = join(disk.path, 'data')
  const server = await serve(directory, args)
  const client = clientOf(`http://127.0.0.1:${server.port}`)
  await client.putBucket({ bucket: 'films' })
  return { disk, directory, server, client }
}

/** What was acknowledged: the MD5 of each object by its key. */
type Ledger = Map<string, string>

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex')
}

/** The status of a call, which a refusal has too; anything but an answer is thrown. */
async function statusOf(call: Promise<{ readonly status: number }>): Promise<number> {
  try {
    return (await call).status
  } catch (error) {
    if (error instanceof OssError) return error.status
    throw error
  }
}

async function put(
  client: OssClient,
  ledger: Ledger,
  key: string,
  size: number = SIZE,
): Promise<number> {
  const body = randomBytes(size)
  const status = await statusOf(client.putObject({ bucket: 'films', key, body }))
  if (status === 200) ledger.set(key, md5(body))
  return status
}

async function expectAllThere(client: OssClient, ledger: Ledger): Promise<void> {
  for (const [key, sum] of ledger) {
    const { body } = await client.getObject({ bucket: 'films', key })
    expect(md5(await buffer(body)), key).toBe(sum)
  }
  const { contents } = await client.listObjectsV2({ bucket: 'films', maxKeys: 1000 })
  expect(contents.map(({ key }) => key).sort()).toEqual([...ledger.keys()].sort())
}

/** Puts until `times` in a row are refused, each with 503. */
async function fill(
  client: OssClient,
  ledger: Ledger,
  options: { readonly name: string; readonly times: number; readonly size?: number },
): Promise<void> {
  for (let n = 0, refused = 0; refused < options.times; n++) {
    if (n > 400) throw new Error('The disk does not fill up.')
    const status = await put(client, ledger, `${options.name}-${n}`, options.size)
    if (status !== 200) expect(status).toBe(503)
    refused = status === 200 ? 0 : refused + 1
  }
}

/** Takes all the space that is left, so that not even metadata can grow. */
async function takeTheRest(disk: SmallDisk): Promise<{ giveBack(): Promise<void> }> {
  const path = join(disk.path, 'filler')
  const file = await open(path, 'w')
  try {
    for (let size = 64 * 1024; size >= 4096; ) {
      const taken = await file.write(new Uint8Array(size)).then(
        ({ bytesWritten }) => bytesWritten,
        () => 0,
      )
      if (taken < size) size /= 2
    }
  } finally {
    await file.close()
  }
  return { giveBack: () => rm(path) }
}

test.runIf(mountable)(
  `data that fills the disk is refused with 503, and taken again once there is room${where}`,
  async () => {
    const { disk, directory, server, client } = await serveOnSmallDisk(6 * 1024, ['--reserve', '0'])
    const { pid } = server.child
    const ledger: Ledger = new Map()
    const { uploadId } = await client.initiateMultipartUpload({ bucket: 'films', key: 'whole' })
    const part = { bucket: 'films', key: 'whole', uploadId } as const
    const bytes = randomBytes(SIZE)
    const { etag } = await client.uploadPart({ ...part, partNumber: 1, body: bytes })

    await fill(client, ledger, { name: 'key', times: 3 })
    expect(ledger.size).toBeGreaterThan(5)
    expect(await statusOf(client.uploadPart({ ...part, partNumber: 2, body: bytes }))).toBe(503)
    await expectAllThere(client, ledger)
    expect((await client.listParts(part)).parts.map(({ partNumber }) => partNumber)).toEqual([1])

    disk.resize(24 * 1024)
    expect(await put(client, ledger, 'after')).toBe(200)
    const second = await client.uploadPart({ ...part, partNumber: 2, body: bytes })
    const parts = [
      { partNumber: 1, etag },
      { partNumber: 2, etag: second.etag },
    ]
    expect(await statusOf(client.completeMultipartUpload({ ...part, parts }))).toBe(200)
    ledger.set('whole', md5(Buffer.concat([bytes, bytes])))
    await expectAllThere(client, ledger)
    expect([server.child.pid, server.child.exitCode]).toEqual([pid, null])

    expect(await server.stop()).toBe(0)
    const again = await serve(directory, ['--reserve', '0'])
    await expectAllThere(clientOf(`http://127.0.0.1:${again.port}`), ledger)
  },
)

test.runIf(mountable)(
  `metadata that fills the disk is refused with 503, and taken again once there is room${where}`,
  async () => {
    const { disk, directory, server, client } = await serveOnSmallDisk(8 * 1024, ['--reserve', '0'])
    const { pid } = server.child
    const ledger: Ledger = new Map()
    for (let n = 0; n < 5; n++) expect(await put(client, ledger, `before-${n}`)).toBe(200)

    const filler = await takeTheRest(disk)
    const metadata = { note: 'x'.repeat(6_000) }
    const begun: string[] = []
    for (let n = 0, refused = 0; refused < 20; n++) {
      if (n > 400) throw new Error('The metadata does not fill the disk.')
      const key = `upload-${String(n).padStart(3, '0')}`
      const call = client.initiateMultipartUpload({ bucket: 'films', key, metadata })
      const status = await statusOf(call)
      if (status === 200) begun.push(key)
      else {
        expect(status).toBe(503)
        refused += 1
      }
    }
    expect(await put(client, ledger, 'refused', 10)).toBe(503)
    expect([204, 503]).toContain(
      await statusOf(client.deleteObject({ bucket: 'films', key: 'no-such-key' })),
    )
    await expectAllThere(client, ledger)
    const { uploads } = await client.listMultipartUploads({ bucket: 'films', maxUploads: 1000 })
    expect(uploads.map(({ key }) => key)).toEqual(begun)

    await filler.giveBack()
    await fill(client, ledger, { name: 'after', times: 1 })
    expect(ledger.has('after-0')).toBe(true)
    await expectAllThere(client, ledger)
    expect([server.child.pid, server.child.exitCode]).toEqual([pid, null])

    // What it stands on is sound: another process finds it all.
    disk.resize(24 * 1024)
    expect(await server.stop()).toBe(0)
    const again = await serve(directory, ['--reserve', '0'])
    await expectAllThere(clientOf(`http://127.0.0.1:${again.port}`), ledger)
  },
)

test.runIf(mountable)(
  `uploads leave the reserve alone, while reads, deletes, aborts and completions go on${where}`,
  async () => {
    const reserve = 2 * MiB
    const small = await serveOnSmallDisk(8 * 1024, ['--reserve', String(reserve)])
    const { disk, server, client } = small
    const { pid } = server.child
    const ledger: Ledger = new Map()
    const open = async (key: string) => {
      const { uploadId } = await client.initiateMultipartUpload({ bucket: 'films', key })
      const part = { bucket: 'films', key, uploadId } as const
      const body = randomBytes(SIZE)
      const { etag } = await client.uploadPart({ ...part, partNumber: 1, body })
      return { part, etag, sum: md5(body) }
    }
    const [finished, given] = [await open('finished'), await open('given-up')]

    await fill(client, ledger, { name: 'key', times: 3 })
    const { bavail, bsize } = await statfs(disk.path)
    // Rows of metadata are all that may have taken from it.
    expect(bavail * bsize).toBeGreaterThan(reserve - 256 * 1024)
    expect(bavail * bsize).toBeLessThan(reserve + SIZE + 256 * 1024)
    const refusal = client.putObject({ bucket: 'films', key: 'x', body: randomBytes(SIZE) })
    await expect(refusal).rejects.toMatchObject({
      status: 503,
      code: 'ServiceUnavailable',
      message: expect.stringContaining('too little free space'),
    })

    await expectAllThere(client, ledger)
    const parts = [{ partNumber: 1, etag: finished.etag }]
    expect(await statusOf(client.completeMultipartUpload({ ...finished.part, parts }))).toBe(200)
    ledger.set('finished', finished.sum)
    expect(await statusOf(client.abortMultipartUpload(given.part))).toBe(204)
    expect(await statusOf(client.deleteObject({ bucket: 'films', key: 'key-0' }))).toBe(204)
    ledger.delete('key-0')
    await expectAllThere(client, ledger)

    disk.resize(16 * 1024)
    await fill(client, ledger, { name: 'after', times: 1 })
    expect(ledger.has('after-1')).toBe(true)
    await expectAllThere(client, ledger)
    expect([server.child.pid, server.child.exitCode]).toEqual([pid, null])
  },
)

test('below the reserve writes are refused before their first byte, and reads go on', async () => {
  const directory = await temporaryDirectory()
  const lines: Record<string, unknown>[] = []
  const start = async (reserve: number) => {
    const server = await startServer({
      data: { directory },
      credentials: [KEY_PAIR],
      reserve,
      log: { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) },
    })
    return { server, client: clientOf(server.url) }
  }
  const before = await start(0)
  await before.client.putBucket({ bucket: 'films' })
  const ledger: Ledger = new Map()
  expect(await put(before.client, ledger, 'kept')).toBe(200)
  await before.server.close()

  const { server, client } = await start(Number.MAX_SAFE_INTEGER)
  onTestFinished(() => server.close())
  expect(await put(client, ledger, 'refused')).toBe(503)
  expect(lines.at(-1)).toMatchObject({ operation: 'PutObject', status: 503, bytesIn: 0 })
  const initiate = client.initiateMultipartUpload({ bucket: 'films', key: 'b' })
  expect(await statusOf(initiate)).toBe(503)
  await expectAllThere(client, ledger)
  expect(await statusOf(client.deleteObject({ bucket: 'films', key: 'kept' }))).toBe(204)
})
