import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import OSS from 'ali-oss'
import { expect, it } from 'vitest'
import { etagOf } from '../support/oss-wire.ts'
import { startServer } from '../support/server.ts'
import { blobFiles, temporaryDirectory } from '../support/temporary.ts'

/**
 * Written by the first version that kept data, over HTTP by `ali-oss`: buckets `photos`
 * (public-read) and `empty`; objects, one of 18 parts; and an upload with three parts.
 */
const fixture = fileURLToPath(new URL('format-1.tar.gz', import.meta.url))

const PART = 102_400
const unfinished = '000001A2047A94EAA1996D4808491A0B'

async function olderDirectory(): Promise<string> {
  const directory = await temporaryDirectory()
  const { status, stderr } = spawnSync('tar', ['-xzf', fixture, '-C', directory])
  if (status !== 0) throw new Error(`The fixture could not be unpacked: ${stderr}`)
  return directory
}

async function serve(directory: string) {
  const server = await startServer({ data: { directory } })
  const client = new OSS({
    endpoint: server.url,
    ...server.credentials,
    sldEnable: true,
    bucket: 'photos',
  })
  return { server, client }
}

it('a data directory of the first format opens, is upgraded and serves all that it held', async () => {
  const directory = await olderDirectory()
  // The second start finds what the first one made of it.
  for (let start = 0; start < 2; start++) {
    const { server, client } = await serve(directory)
    expect(server.credentials.accessKeyId).toBe('fixture')
    const small = await client.get('folder/small.txt')
    expect(String(small.content)).toBe('written by the first format\n')
    expect(small.res.headers).toMatchObject({
      'content-type': 'text/plain',
      'x-oss-meta-author': 'heart',
    })
    const many = (await client.get('many-parts')).content as Buffer
    expect(many).toHaveLength(17 * PART + 7)
    for (let part = 1; part <= 18; part++) {
      expect(many[(part - 1) * PART]).toBe(part)
      expect(many[Math.min(part * PART, many.length) - 1]).toBe(part)
    }
    expect(String((await client.get('replaced')).content)).toBe('new')
    const { acl } = await client.getBucketACL('photos')
    expect(acl).toBe('public-read')
    await server.close()
  }
})

it('an upload that was begun in the first format is completed in this one', async () => {
  const directory = await olderDirectory()
  const { server, client } = await serve(directory)
  const { parts } = await client.listParts('unfinished', unfinished)
  const listed = (parts as { PartNumber: string; ETag: string }[]).map((part) => ({
    number: Number(part.PartNumber),
    etag: part.ETag,
  }))
  expect(listed.map(({ number }) => number)).toEqual([1, 2, 3])
  expect(listed[0]?.etag).toContain(etagOf(Buffer.alloc(PART, 1)).replaceAll('"', ''))
  await client.completeMultipartUpload('unfinished', unfinished, listed)
  const { content } = await client.get('unfinished')
  expect(content).toHaveLength(2 * PART + 7)
  await server.close()
})

it('what buckets hold is counted from the rows of the first format, and goes down to nothing', async () => {
  const directory = await olderDirectory()
  const { server, client } = await serve(directory)
  const stat = async () => (await client.getBucketStat('photos')).stat
  expect(await stat()).toMatchObject({
    Storage: String(28 + 17 * PART + 7 + 3),
    ObjectCount: '4',
    MultipartUploadCount: '1',
    MultipartPartCount: '3',
  })
  await client.abortMultipartUpload('unfinished', unfinished)
  for (const { name } of (await client.listV2({})).objects ?? []) await client.delete(name)
  expect(await stat()).toMatchObject({ Storage: '0', ObjectCount: '0', MultipartUploadCount: '0' })
  await client.deleteBucket('photos')
  await server.close()
})

it('a data directory of a newer format is refused in words, and left as it is', async () => {
  const directory = await olderDirectory()
  await (await serve(directory)).server.close()
  const { open } = await import('lmdb')
  const path = join(directory, 'meta')
  const environment = open({ path, encoding: 'binary', keyEncoding: 'binary', noSubdir: false })
  const meta = environment.openDB<Buffer, Buffer>({
    name: 'meta',
    encoding: 'binary',
    keyEncoding: 'binary',
  })
  const newer = Buffer.alloc(8)
  newer.writeBigUInt64BE(99n)
  await meta.put(Buffer.from('format'), newer)
  await environment.close()
  const before = [await readFile(join(path, 'data.mdb')), await blobFiles(directory)]
  await expect(startServer({ data: { directory } })).rejects.toThrow(/format 99.*newer version/s)
  expect([await readFile(join(path, 'data.mdb')), await blobFiles(directory)]).toEqual(before)
})
