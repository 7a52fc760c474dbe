/** What looks dangerous and is legal: such keys come back byte for byte, and never become paths. */

import { readdir } from 'node:fs/promises'
import { relative } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { elementOf, etagOf, OssWire } from '../support/oss-wire.ts'
import { startServer } from '../support/server.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const BUCKET = 'keys-bucket'
const credentials = { accessKeyId: 'keys-key', accessKeySecret: 'keys-secret' }

const KEYS = [
  '../../../../etc/passwd',
  'a/../b',
  'a//b',
  'a/./b',
  '..',
  '.',
  'literal %2F and %252F',
  'plus + and space',
  ' leading and trailing ',
  'emoji 😀 and 中文',
  'a\nnewline\r\nand\ttab',
  '\u0001\u001f\u007f',
  'quotes "\' <&> ]]>',
  '?query=1&uploads#fragment',
  `k${'ö'.repeat(511)}`,
  'con:aux|nul*',
]

test('legal keys of every kind are stored, listed and read back; no file appears outside the blob folders', async () => {
  const directory = await temporaryDirectory()
  const server = await startServer({ data: { directory }, credentials: [credentials] })
  const wire = new OssWire({ port: server.port, credentials })
  try {
    await wire.putBucket(BUCKET)
    const check = async (key: string): Promise<void> => {
      const bytes = Buffer.from(`the bytes of ${key}`)
      const uploadId = await wire.initiate(BUCKET, key)
      expect((await wire.uploadPart(BUCKET, key, uploadId, 1, bytes)).status).toBe(200)
      expect(await wire.listParts(BUCKET, key, uploadId)).toEqual(new Map([[1, etagOf(bytes)]]))
      expect((await wire.complete(BUCKET, key, uploadId, [[1, etagOf(bytes)]])).status).toBe(200)
      const got = await wire.send('GET', { bucket: BUCKET, key })
      expect([got.status, got.text]).toEqual([200, bytes.toString()])
    }
    for (const key of KEYS) await check(key)

    const listed = await wire.send('GET', {
      bucket: BUCKET,
      query: { 'encoding-type': 'url', 'max-keys': '1000' },
    })
    const keys = [...listed.text.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key = '']) =>
      decodeURIComponent(key),
    )
    const byBytes = [...KEYS].sort((left, right) =>
      Buffer.compare(Buffer.from(left), Buffer.from(right)),
    )
    expect(keys).toEqual(byBytes)
    expect(elementOf(listed.text, 'IsTruncated')).toBe('false')

    const anyKey = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 200 })
      .filter((key) => !/^[/\\]|\0|\p{Surrogate}/u.test(key) && Buffer.byteLength(key) <= 1023)
    await fc.assert(fc.asyncProperty(anyKey, check), { numRuns: 60 })

    const strays = (await readdir(directory, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => `${relative(directory, entry.parentPath)}/${entry.name}`)
      .filter((path) => !/^blobs\/[0-9a-f]{2}\/[0-9a-f]{32}\.2$/.test(path))
      .filter((path) => !/^meta\/(data|lock)\.mdb$/.test(path) && path !== '/credentials.json')
    expect(strays).toEqual([])
  } finally {
    wire.close()
    await server.close()
  }
})
