import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { bench, eventsOf } from './lading.ts'

const KiB = 1024

test('the sums of a file are those that the service has of its object', async () => {
  const table = await bench()
  const bytes = await table.file('film 电影.mov', 350 * KiB)
  const parts = ['--part-size', '100K']
  await table.run(['cp', 'film 电影.mov', 'oss://films/a', ...parts])
  const [object] = eventsOf(await table.run(['stat', 'oss://films/a', '--json']))
  const [sums] = eventsOf(await table.run(['hash', 'film 电影.mov', ...parts, '--json']))
  expect(sums).toEqual({
    event: 'hash',
    source: 'film 电影.mov',
    size: 350 * KiB,
    md5: createHash('md5').update(bytes).digest('hex'),
    contentMd5: createHash('md5').update(bytes).digest('base64'),
    crc64: object?.hashCrc64ecma,
    etag: object?.etag,
    partSize: 100 * KiB,
    parts: 4,
  })
})

test.each([0, 1, 100 * KiB])('a file of %d bytes goes in one request', async (size) => {
  const table = await bench()
  const bytes = await table.file('a', size)
  await table.run(['cp', 'a', 'oss://films/a', '--part-size', '100K'])
  const [object] = eventsOf(await table.run(['stat', 'oss://films/a', '--json']))
  const args = ['hash', '-', '--part-size', '100K', '--json']
  const [sums] = eventsOf(await table.run(args, { input: bytes }))
  expect(sums).toMatchObject({
    source: '-',
    parts: 0,
    etag: object?.etag,
    crc64: object?.hashCrc64ecma,
  })
})

test('--type prints one sum alone, for a script', async () => {
  const table = await bench({ bucket: false })
  const bytes = await table.file('a', 10)
  const { stdout, stderr } = await table.run(['hash', 'a', '--type', 'md5'])
  expect(stdout.toString()).toBe(`${createHash('md5').update(bytes).digest('hex')}\n`)
  expect(stderr).toBe('')
  expect((await table.run(['hash', 'a'])).stdout.toString()).toMatch(
    /^size {9}10 bytes\nmd5 {10}\w{32}\ncontent-md5 {2}\S{24}\ncrc64 {8}\d+\netag {9}[0-9A-F]{32} \(in one request\)\n$/,
  )
})

test.each([
  { args: ['hash', 'nowhere'], status: 4, says: /cannot read nowhere: no such file/ },
  { args: ['hash', '.'], status: 2, says: /\. is a directory/ },
  { args: ['hash', 'oss://films/a'], status: 2, says: /lading stat oss:\/\/films\/a/ },
  { args: ['hash', 'a', '--part-size', '1'], status: 2, says: /a part of 1 is not possible/ },
])('$args ends with $status', async ({ args, status, says }) => {
  const { run } = await bench({ bucket: false })
  expect(await run(args)).toMatchObject({ status, stderr: expect.stringMatching(says) })
})
