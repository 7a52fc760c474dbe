import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OssClient } from '@lading/client/node'
import { expect, onTestFinished, test } from 'vitest'
import { type Bench, bench, eventsOf } from './lading.ts'

const KiB = 1024
const films = { bucket: 'films' }

function clientOf({ server }: Bench): OssClient {
  const client = new OssClient({ endpoint: server.url, credentials: server.credentials })
  onTestFinished(() => client.close())
  return client
}

/** Two versions of `a`, a deleted `b`, and `raw/c`; the ids of the versions of `a`, newest first. */
async function versioned(): Promise<{ table: Bench; client: OssClient; versions: string[] }> {
  const table = await bench()
  const client = clientOf(table)
  await client.putBucketVersioning({ ...films, versioning: 'Enabled' })
  const versions: string[] = []
  for (const text of ['old', 'newer']) {
    const { versionId } = await client.putObject({ ...films, key: 'a', body: Buffer.from(text) })
    versions.unshift(String(versionId))
  }
  await client.putObject({ ...films, key: 'b', body: new Uint8Array(1) })
  await client.deleteObject({ ...films, key: 'b' })
  await client.putObject({ ...films, key: 'raw/c', body: new Uint8Array(4) })
  return { table, client, versions }
}

test.each([
  ['in one request', []],
  ['in parts', ['--part-size', '100K']],
])('what is said of an object is its own, sent %s', async (_, how) => {
  const table = await bench()
  await table.file('a', 250 * KiB)
  const said = [
    ...['--acl', 'public-read', '--storage-class', 'IA', '--cache-control', 'max-age=60'],
    ...['--metadata', 'colour=blue', '--tagging', 'team=film&year=2026', '--tagging', 'x=y=z'],
  ]
  expect(await table.run(['cp', 'a', 'oss://films/a', ...how, ...said])).toMatchObject({
    status: 0,
  })
  expect((await fetch(`${table.server.url}/films/a`)).status).toBe(200)
  const [object] = eventsOf(await table.run(['stat', 'oss://films/a', '--json']))
  expect(object).toMatchObject({
    storageClass: 'IA',
    cacheControl: 'max-age=60',
    metadata: { colour: 'blue' },
  })
  const { tagging: tags } = await clientOf(table).getObjectTagging({ ...films, key: 'a' })
  expect(tags).toEqual({ team: 'film', year: '2026', x: 'y=z' })
  const copied = await table.run([
    'cp',
    'oss://films/a',
    'oss://films/b',
    '--cache-control',
    'no-store',
  ])
  expect(copied.status).toBe(0)
  expect((await table.run(['stat', 'oss://films/b'])).stdout.toString()).toMatch(
    /^cacheControl +no-store$/m,
  )
})

test('an upload is resumed with all that was said of its object', async () => {
  const action = { kind: 'fail', code: 'AccessDenied' } as const
  const table = await bench({ faults: [{ operation: 'UploadPart', nth: 2, times: 1, action }] })
  await table.file('a', 250 * KiB)
  const said = [
    ...['--storage-class', 'IA', '--cache-control', 'no-store'],
    ...['--tagging', 'a=1', '--acl', 'public-read'],
  ]
  const parts = ['--part-size', '100K', '--parallel', '1', '--no-progress']
  expect(await table.run(['cp', 'a', 'oss://films/a', ...parts, ...said])).toMatchObject({
    status: 5,
  })
  const resumed = await table.run([
    'resume',
    '--parallel',
    '1',
    '--verify',
    'strict',
    '--no-progress',
  ])
  expect(resumed).toMatchObject({ status: 0, stderr: '' })
  const [object] = eventsOf(await table.run(['stat', 'oss://films/a', '--json']))
  expect(object).toMatchObject({ storageClass: 'IA', cacheControl: 'no-store' })
  expect((await fetch(`${table.server.url}/films/a`)).status).toBe(200)
  const { tagging: tags } = await clientOf(table).getObjectTagging({ ...films, key: 'a' })
  expect(tags).toEqual({ a: '1' })
})

test('ls tells more, less, exactly or no more than is wanted', async () => {
  const table = await bench()
  await table.file('a', 2 * KiB)
  for (const key of ['a', 'b', 'sub/c']) await table.run(['cp', 'a', `oss://films/${key}`])
  const lines = async (...args: string[]): Promise<string[]> =>
    (await table.run(['ls', 'oss://films', ...args])).stdout.toString().trimEnd().split('\n')
  expect(await lines('-s', '-r')).toEqual(['oss://films/a', 'oss://films/b', 'oss://films/sub/c'])
  expect(await lines('--short', '--limit', '2')).toHaveLength(2)
  expect((await lines('--bytes'))[1]).toMatch(/^.{19} {14}2048 {2}oss:\/\/films\/a$/)
  const long = await lines('--long')
  expect(long[1]).toMatch(/ 2 KiB {2}Standard +Normal +"?[0-9A-F]{32}"? +oss:\/\/films\/a$/)
  expect(new Set(long.map((line) => line.indexOf('oss://'))).size).toBe(1)
  expect((await table.run(['ls', '-s'])).stdout.toString()).toBe('oss://films\n')
})

test('versions are listed, looked at, read and removed one by one', async () => {
  const { table, versions } = await versioned()
  const [newest, oldest] = versions
  const listed = eventsOf(await table.run(['ls', '-r', '--all-versions', 'oss://films', '--json']))
  expect(listed).toMatchObject([
    { event: 'version', kind: 'object', key: 'a', versionId: newest, isLatest: true, size: 5 },
    { event: 'version', kind: 'object', key: 'a', versionId: oldest, isLatest: false, size: 3 },
    { kind: 'marker', key: 'b', isLatest: true },
    { kind: 'object', key: 'b', isLatest: false },
    { kind: 'object', key: 'raw/c', isLatest: true },
  ])
  const words = (await table.run(['ls', '-r', '--all-versions', 'oss://films'])).stdout.toString()
  expect(words).toMatch(/ deleted {2}\S+ +\* oss:\/\/films\/b\n/)
  const old = ['oss://films/a', '--version-id', String(oldest)]
  expect((await table.run(['cat', ...old])).stdout.toString()).toBe('old')
  expect(eventsOf(await table.run(['stat', ...old, '--json']))).toMatchObject([{ size: 3 }])
  expect((await table.run(['rm', ...old])).stdout.toString()).toBe(
    `removed oss://films/a (version ${oldest})\n`,
  )
  expect(await table.run(['stat', ...old])).toMatchObject({ status: 4 })
  expect(await table.run(['stat', 'oss://films', '--version-id', 'x'])).toMatchObject({ status: 2 })
  expect(await table.run(['ls', '--all-versions', 'oss://films'])).toMatchObject({ status: 2 })
})

test('rm -r removes what the filters select, for good with --all-versions, and nothing in a dry run', async () => {
  const { table, client } = await versioned()
  const left = async (): Promise<number> => (await client.listObjectVersions(films)).versions.length
  const dry = await table.run(['rm', '-r', 'oss://films', '--include', 'raw/*', '--dry-run'])
  expect(dry).toMatchObject({ status: 0, stderr: '1 object would be removed; nothing was done\n' })
  expect(dry.stdout.toString()).toBe('would remove oss://films/raw/c\n')
  expect(await left()).toBe(5)
  const gone = await table.run([
    'rm',
    '-r',
    '-f',
    'oss://films',
    '--all-versions',
    '--exclude',
    'raw/*',
  ])
  expect(gone).toMatchObject({ status: 0, stderr: '4 versions removed\n' })
  expect(await left()).toBe(1)
  expect(await table.run(['rm', 'oss://films/a', '--all-versions'])).toMatchObject({ status: 2 })
})

test('rb takes a bucket with all that is in it only with --force', async () => {
  const { table, client } = await versioned()
  await client.initiateMultipartUpload({ ...films, key: 'open' })
  expect(await table.run(['rb', 'oss://films'])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('lading rb --force oss://films'),
  })
  const forced = await table.run(['rb', 'oss://films', '--force'])
  expect(forced.stdout.toString()).toBe('removed oss://films with 5 objects and 1 open upload\n')
  expect(eventsOf(await table.run(['ls', '--json']))).toEqual([])
})

test('du adds up what is there by storage class, and what takes space besides', async () => {
  const { table, client } = await versioned()
  await client.putObject({ ...films, key: 'ia', body: new Uint8Array(10), storageClass: 'IA' })
  const { uploadId } = await client.initiateMultipartUpload({ ...films, key: 'open' })
  await client.uploadPart({
    ...films,
    key: 'open',
    uploadId,
    partNumber: 1,
    body: new Uint8Array(7),
  })
  const usage = async (...args: string[]): Promise<unknown> =>
    eventsOf(await table.run(['du', 'oss://films', ...args, '--json']))[0]
  expect(await usage()).toMatchObject({
    count: 3,
    bytes: 19,
    classes: { Standard: { count: 2, bytes: 9 }, IA: { count: 1, bytes: 10 } },
  })
  expect(await usage('--all-versions', '--uploads')).toMatchObject({
    count: 5,
    bytes: 23,
    uploads: { count: 1, bytes: 7 },
  })
  expect((await table.run(['du', 'oss://films/raw', '--bytes'])).stdout.toString()).toBe(
    '           4 B  1 object of Standard\n           4 B  1 object in oss://films/raw\n',
  )
})

test('mkdir makes a folder that ls shows and downloads pass over', async () => {
  const table = await bench()
  expect((await table.run(['mkdir', 'oss://films/raw'])).stdout.toString()).toBe(
    'made oss://films/raw/\n',
  )
  expect(eventsOf(await table.run(['ls', 'oss://films', '--json']))).toMatchObject([
    { event: 'prefix', prefix: 'raw/' },
  ])
  expect(await table.run(['mkdir', 'oss://films'])).toMatchObject({ status: 2 })
})

test('bench tells the speed both ways and leaves nothing behind', async () => {
  const table = await bench()
  const plan = ['--size', '600K', '--part-size', '100K', '--parallel', '2', '--no-progress']
  const { status, stdout, stderr } = await table.run(['bench', 'oss://films/tmp', ...plan])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout.toString()).toMatch(
    /^one request {2}[\d.]+ ms .*\nupload {7}.*\/s, 600 KiB in parts of 100 KiB\ndownload {5}.*\/s\nrepeated {5}0 requests\n$/,
  )
  const [event] = eventsOf(await table.run(['bench', 'oss://films', ...plan, '--json']))
  expect(event).toMatchObject({ event: 'bench', size: 600 * KiB, repeated: 0 })
  expect(eventsOf(await table.run(['ls', '-r', 'oss://films', '--json']))).toEqual([])
  expect(table.requests.filter(({ operation }) => operation === 'UploadPart')).toHaveLength(12)
})

test('how often and how long to try is what the flags say', async () => {
  const busy = { kind: 'fail', code: 'ServiceUnavailable' } as const
  const table = await bench({ faults: [{ operation: 'ListObjectsV2', times: 2, action: busy }] })
  expect(await table.run(['ls', 'oss://films', '--retry-times', '1'])).toMatchObject({ status: 6 })
  expect(table.requests).toHaveLength(2)
  const slow = await bench({
    faults: [{ operation: 'ListObjectsV2', action: { kind: 'delay', ms: 600_000 } }],
  })
  const impatient = ['--retry-times', '0', '--read-timeout', '1', '--connect-timeout', '5s']
  expect(await slow.run(['ls', 'oss://films', ...impatient])).toMatchObject({
    status: 6,
    stderr: expect.stringContaining('no byte moved for 1000 ms'),
  })
  expect(await table.run(['ls', '--read-timeout', 'soon'])).toMatchObject({ status: 2 })
  expect(await table.run(['ls', '--retry-times', 'often'])).toMatchObject({ status: 2 })
})

test('--bandwidth-limit holds for all files together', async () => {
  const table = await bench()
  await writeFile(join(table.directory, 'a'), Buffer.alloc(300 * KiB))
  await table.file('b', 300 * KiB)
  const limited = ['--bandwidth-limit', '1M', '--no-progress', '--exclude', '.*']
  const began = performance.now()
  expect(await table.run(['cp', '-r', '.', 'oss://films', ...limited])).toMatchObject({ status: 0 })
  // 600 KiB at 1 MiB a second are 586 ms, but for what a limit lets through at once.
  expect(performance.now() - began).toBeGreaterThan(400)
  const back = performance.now()
  expect(await table.run(['cp', '-r', 'oss://films', 'back', ...limited])).toMatchObject({
    status: 0,
  })
  expect(performance.now() - back).toBeGreaterThan(400)
  expect(await table.run(['cp', 'a', 'oss://films/b', '--bandwidth-limit', '1'])).toMatchObject({
    status: 2,
  })
})
