import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OssClient } from '@lading/client/node'
import { expect, onTestFinished, test } from 'vitest'
import { type Bench, bench, eventsOf } from './lading.ts'

function clientOf({ server }: Bench): OssClient {
  const client = new OssClient({ endpoint: server.url, credentials: server.credentials })
  onTestFinished(() => client.close())
  return client
}

const films = { bucket: 'films' }

test('a bucket is made, listed, looked at and removed', async () => {
  const { run } = await bench({ bucket: false })
  expect((await run(['mb', 'oss://films', '--acl', 'public-read'])).stdout.toString()).toBe(
    'made oss://films\n',
  )
  expect((await run(['ls'])).stdout.toString()).toMatch(
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}cn-hangzhou +Standard +oss:\/\/films\n$/,
  )
  expect(eventsOf(await run(['stat', 'oss://films', '--json']))).toMatchObject([
    { event: 'bucket', name: 'films', storageClass: 'Standard' },
  ])
  expect((await run(['stat', 'oss://films'])).stdout.toString()).toMatch(/^name +films$/m)
  expect((await run(['rb', 'oss://films'])).status).toBe(0)
  expect((await run(['ls'])).stdout.toString()).toBe('')
})

test('objects are listed by folder or all of them, and removed by a request for each thousand', async () => {
  const table = await bench()
  const client = clientOf(table)
  const body = new Uint8Array(1)
  await client.putObject({ ...films, key: 'a/one', body })
  await client.putObject({ ...films, key: 'a\nb', body })
  const keys = Array.from({ length: 1005 }, (_, n) => `m/${String(n).padStart(4, '0')}`)
  for (let n = 0; n < keys.length; n += 50) {
    await Promise.all(keys.slice(n, n + 50).map((key) => client.putObject({ ...films, key, body })))
  }
  const shallow = (await table.run(['ls', 'oss://films'])).stdout.toString()
  expect(shallow.split('\n').map((line) => line.trim().split('  ').at(-1))).toEqual([
    'oss://films/a/',
    'oss://films/m/',
    'oss://films/a\\x0ab',
    '',
  ])
  const all = eventsOf(await table.run(['ls', '-r', 'oss://films/m/', '--json']))
  expect(all.map(({ key }) => key)).toEqual(keys)
  const removed = eventsOf(await table.run(['rm', '-r', '-f', 'oss://films/m', '--json']))
  expect(removed.map(({ key }) => key)).toEqual(keys)
  const operations = table.requests.map(({ operation }) => operation)
  expect(operations.filter((name) => name === 'DeleteMultipleObjects')).toHaveLength(2)
  expect(operations).not.toContain('DeleteObject')
})

test('an object is removed, a folder only with --force, and what begins alike stays', async () => {
  const table = await bench()
  const client = clientOf(table)
  for (const key of ['a/1', 'a/b/2', 'ab', 'c']) {
    await client.putObject({ ...films, key, body: new Uint8Array(1) })
  }
  expect((await table.run(['rm', 'oss://films/c'])).stdout.toString()).toBe(
    'removed oss://films/c\n',
  )
  expect(await table.run(['rm', '-f', 'oss://films/c'])).toMatchObject({ status: 0 })
  expect(await table.run(['rm', '-r', '--force', 'oss://films/a'])).toMatchObject({
    status: 0,
    stderr: '2 objects removed\n',
  })
  expect((await client.listObjectsV2(films)).contents.map(({ key }) => key)).toEqual(['ab'])
})

test('open uploads are listed, looked into and aborted, by name, by age or all', async () => {
  let now = Date.now() - 10 * 86_400_000
  const table = await bench({ now: () => new Date(now) })
  const old = new OssClient({
    endpoint: table.server.url,
    credentials: table.server.credentials,
    now: () => now,
  })
  onTestFinished(() => old.close())
  const { uploadId: oldest } = await old.initiateMultipartUpload({ ...films, key: 'a' })
  now = Date.now()
  const client = clientOf(table)
  const { uploadId: young } = await client.initiateMultipartUpload({ ...films, key: 'b' })
  const { uploadId: twin } = await client.initiateMultipartUpload({ ...films, key: 'b' })
  await client.uploadPart({
    ...films,
    key: 'a',
    uploadId: oldest,
    partNumber: 7,
    body: new Uint8Array(3),
  })

  const listed = eventsOf(await table.run(['uploads', 'ls', 'oss://films', '--json']))
  expect(listed.map(({ uploadId }) => uploadId)).toEqual([oldest, young, twin])
  expect((await table.run(['ls', '-m', 'oss://films/b'])).stdout.toString()).toContain(young)

  const parts = await table.run(['uploads', 'parts', 'oss://films/a'])
  expect(parts.stdout.toString()).toMatch(/^ {4}7 +3 B {2}[0-9A-F]{32} {2}/)
  expect(parts.stderr).toBe('1 part, 3 B in all\n')
  expect(await table.run(['uploads', 'parts', 'oss://films/b'])).toMatchObject({
    status: 2,
    stderr: `lading: oss://films/b has 2 open uploads; say which\n  They are: ${young}, ${twin}\n`,
  })
  expect(await table.run(['uploads', 'parts', 'oss://films/c'])).toMatchObject({ status: 4 })

  const aged = await table.run(['uploads', 'abort', 'oss://films', '--older-than', '7d'])
  expect(aged.stdout.toString()).toBe(`aborted ${oldest}  oss://films/a\n`)
  expect(await table.run(['uploads', 'abort', 'oss://films/b', young])).toMatchObject({ status: 0 })
  expect(await table.run(['uploads', 'abort', 'oss://films/b', young])).toMatchObject({ status: 4 })
  expect(await table.run(['uploads', 'abort', 'oss://films', '--all'])).toMatchObject({
    status: 0,
    stderr: '1 upload aborted\n',
  })
  expect((await client.listMultipartUploads(films)).uploads).toEqual([])
})

test('the configuration file is read, and the environment wins over it', async () => {
  const { server, directory, run } = await bench()
  await writeFile(
    join(directory, 'mine'),
    `[profile local]
endpoint = ${server.url}
access-key-id = ${server.credentials.accessKeyId}
access_key_secret = ${server.credentials.accessKeySecret}
[default]
endpoint = http://127.0.0.1:1
accessKeyID = nobody
accessKeySecret = nothing
`,
  )
  const bare = { OSS_ENDPOINT: '', OSS_ACCESS_KEY_ID: '', OSS_ACCESS_KEY_SECRET: '' }
  const named = ['-c', 'mine', '--profile', 'local']
  expect(await run(['ls', ...named], { env: bare })).toMatchObject({ status: 0 })
  expect(await run(['ls', '-c', 'mine'], { env: bare })).toMatchObject({ status: 6 })
  expect(await run(['ls', '-c', 'mine'])).toMatchObject({ status: 0 })
})

test('a reader that leaves early is no error', async () => {
  const table = await bench()
  await table.file('a', 3_000_000)
  await table.run(['cp', 'a', 'oss://films/a'])
  const { child, outcome } = table.start(['cat', 'oss://films/a'])
  child.stdout?.destroy()
  expect(await outcome.catch(() => undefined)).toSatisfy(
    (ended: { status: number; stderr: string } | undefined) =>
      ended === undefined || (ended.status === 0 && ended.stderr === ''),
  )
})
