import { expect, test } from 'vitest'
import { type Bench, bench, eventsOf, isSame } from './lading.ts'

const KiB = 1024

async function twoBuckets(): Promise<Bench> {
  const table = await bench()
  expect(await table.run(['mb', 'oss://archive'])).toMatchObject({ status: 0 })
  return table
}

function countOf({ requests }: Bench, operation: string): number {
  return requests.filter((request) => request.operation === operation).length
}

test('an object is copied to another bucket by the service, with all that is said of it', async () => {
  const table = await twoBuckets()
  const bytes = await table.file('电影.mov', 350 * KiB)
  await table.run(['cp', '电影.mov', 'oss://films/a/', '--meta', 'colour=blue'])
  const { status, stdout } = await table.run(['cp', 'oss://films/a/电影.mov', 'oss://archive/b/'])
  expect(status).toBe(0)
  expect(stdout.toString()).toMatch(
    /^copied oss:\/\/films\/a\/电影\.mov to oss:\/\/archive\/b\/电影\.mov: 350 KiB, .* s\n$/,
  )
  expect([countOf(table, 'CopyObject'), countOf(table, 'GetObject')]).toEqual([1, 0])
  expect(isSame((await table.run(['cat', 'oss://archive/b/电影.mov'])).stdout, bytes)).toBe(true)
  const [object] = eventsOf(await table.run(['stat', 'oss://archive/b/电影.mov', '--json']))
  expect(object).toMatchObject({ contentType: 'video/quicktime', metadata: { colour: 'blue' } })
})

test('with --part-size an object is copied in parts', async () => {
  const table = await twoBuckets()
  const bytes = await table.file('a', 350 * KiB)
  await table.run(['cp', 'a', 'oss://films/a'])
  const args = ['cp', 'oss://films/a', 'oss://archive/a', '--part-size', '100K', '--json']
  const events = eventsOf(await table.run(args))
  expect(events.at(-1)).toMatchObject({ event: 'copied', parts: 4, verified: ['etag', 'crc64'] })
  expect(countOf(table, 'UploadPartCopy')).toBe(4)
  expect(isSame((await table.run(['cat', 'oss://archive/a'])).stdout, bytes)).toBe(true)
})

test('a copy is overwritten only with -f, and goes into no bucket that is not there', async () => {
  const table = await twoBuckets()
  await table.file('a', 10)
  await table.run(['cp', 'a', 'oss://films/a'])
  const copy = ['cp', 'oss://films/a', 'oss://archive/a']
  expect(await table.run(copy)).toMatchObject({ status: 0 })
  expect(await table.run(copy)).toMatchObject({ status: 8 })
  expect(await table.run([...copy, '-f'])).toMatchObject({ status: 0 })
  expect((await table.run([...copy, '-u'])).stdout.toString()).toMatch(/^skipped /)
  expect(await table.run(['cp', 'oss://films/a', 'oss://nowhere'])).toMatchObject({
    status: 4,
    stderr: expect.stringContaining('Make it with: lading mb oss://nowhere\n'),
  })
  expect(await table.run(['cp', 'oss://films/a', 'oss://films/a'])).toMatchObject({ status: 2 })
})

test('a folder is copied and kept in step with another one, filters and all', async () => {
  const table = await twoBuckets()
  await table.file('x', 10)
  for (const key of ['in/1', 'in/sub/2', 'in/3.tmp', 'inside']) {
    await table.run(['cp', 'x', `oss://films/${key}`])
  }
  const keys = async (): Promise<unknown[]> =>
    eventsOf(await table.run(['ls', '-r', 'oss://archive', '--json'])).map(({ key }) => key)
  const filter = ['--exclude', '*.tmp']
  const copied = await table.run(['cp', '-r', 'oss://films/in', 'oss://archive/out', ...filter])
  expect(copied.stdout.toString()).toMatch(/\n2 files copied\n$/)
  expect(await keys()).toEqual(['out/1', 'out/sub/2'])

  await table.run(['rm', 'oss://films/in/1'])
  await table.run(['cp', 'x', 'oss://films/in/new'])
  const sync = ['sync', 'oss://films/in', 'oss://archive/out', ...filter, '--delete', '-f']
  expect((await table.run([...sync, '--checksum'])).stdout.toString()).toMatch(
    /\n1 file copied, 1 skipped, 1 removed\n$/,
  )
  expect(await keys()).toEqual(['out/new', 'out/sub/2'])
  expect((await table.run(sync)).stdout.toString()).toBe('0 files copied, 2 skipped\n')
  expect(await table.run(['sync', 'oss://films/in', 'oss://films/in/x'])).toMatchObject({
    status: 2,
  })
})
