import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { OssClient } from '@lading/client/node'
import { expect, onTestFinished, test } from 'vitest'
import { KEY_PAIR, serveProcess } from '../support/serve-process.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { type Bench, bench, eventsOf } from './lading.ts'

const KiB = 1024
const films = { bucket: 'films' }

function clientOf({ server }: Bench): OssClient {
  const client = new OssClient({ endpoint: server.url, credentials: server.credentials })
  onTestFinished(() => client.close())
  return client
}

test('a region that the service is not in is refused, and its own is taken', async () => {
  const { run } = await bench()
  expect(await run(['ls', '--region', 'cn-hangzhou'])).toMatchObject({ status: 0 })
  expect((await run(['ls', '--region', 'cn-beijing'])).status).not.toBe(0)
})

test('a temporary key is three flags, of which the token is warned of as well', async () => {
  const { run, server } = await bench()
  const [made] = eventsOf(await run(['sts', '--session', 'night', '--json']))
  const { accessKeyId, accessKeySecret, securityToken } = made as Record<string, string>
  const bare = { OSS_ACCESS_KEY_ID: '', OSS_ACCESS_KEY_SECRET: '' }
  const pair = ['-e', server.url, '-i', String(accessKeyId), '-k', String(accessKeySecret)]
  const whole = await run(['ls', ...pair, '--sts-token', String(securityToken)], { env: bare })
  expect(whole).toMatchObject({
    status: 0,
    stderr: expect.stringContaining('a secret on the command line'),
  })
  expect(await run(['ls', ...pair], { env: bare })).toMatchObject({ status: 5 })
  const file = { OSSUTIL_CONFIG_FILE: 'mine' }
  const region = ['--region', 'cn-hangzhou', '-t', String(securityToken)]
  await run(['config', ...pair, ...region, '-c', 'mine'])
  expect(await run(['ls'], { env: { ...bare, ...file, OSS_ENDPOINT: '' } })).toMatchObject({
    status: 0,
  })
})

test.each([
  ['virtual', 'http://films.oss.example.com/a?'],
  ['path', 'http://oss.example.com/films/a?'],
  ['cname', 'http://oss.example.com/a?'],
])('with --addressing-style %s an object is at %s', async (style, address) => {
  const { run } = await bench()
  const where = ['-e', 'http://oss.example.com', '--addressing-style', style]
  const { stdout } = await run(['presign', 'oss://films/a', ...where])
  expect(stdout.toString().startsWith(address)).toBe(true)
})

test('a URL says which version, and all that the answer is to say', async () => {
  const { run } = await bench()
  const said = {
    'response-cache-control': 'no-store',
    'response-content-encoding': 'gzip',
    'response-content-language': 'zh',
    'response-expires': 'never',
  }
  const flags = [
    ...['--response-cache-control', 'no-store', '--response-content-encoding', 'gzip'],
    ...['--response-content-language', 'zh', '--response-expires', 'never'],
  ]
  const args = ['presign', 'oss://films/a', '--version-id', 'CAE', ...flags]
  const { searchParams } = new URL((await run(args)).stdout.toString().trim())
  expect(Object.fromEntries(searchParams)).toMatchObject({ ...said, versionId: 'CAE' })
})

test('uploads are remembered where --checkpoint-dir says, and resumed from there', async () => {
  const action = { kind: 'fail', code: 'AccessDenied' } as const
  const table = await bench({ faults: [{ operation: 'UploadPart', nth: 2, times: 1, action }] })
  await table.file('a', 250 * KiB)
  const where = ['--checkpoint-dir', 'kept/here']
  const parts = ['--part-size', '100K', '--parallel', '1', '--no-progress']
  expect(await table.run(['cp', 'a', 'oss://films/a', ...parts, ...where])).toMatchObject({
    status: 5,
  })
  expect(await readdir(join(table.directory, 'kept/here'))).not.toEqual([])
  expect(await table.run(['resume'])).toMatchObject({ stderr: 'nothing was interrupted\n' })
  expect((await table.run(['resume', '--no-progress', ...where])).stdout.toString()).toContain(
    '3 parts (1 resumed)',
  )
})

test('a bucket is made of the storage class that is named', async () => {
  const { run } = await bench({ bucket: false })
  await run(['mb', 'oss://films', '--storage-class', 'IA'])
  expect(eventsOf(await run(['ls', '--json']))).toMatchObject([{ storageClass: 'IA' }])
})

test('sync says of objects what cp says of them, and sends them as cp does', async () => {
  const table = await bench()
  await mkdir(join(table.directory, 'tree'))
  await table.file('tree/a', 250 * KiB)
  const said = [
    ...['--acl', 'public-read', '--storage-class', 'IA', '--cache-control', 'no-store'],
    ...['--content-type', 'video/x-own', '--metadata', 'colour=blue', '--tagging', 'a=1'],
  ]
  const how = [
    ...['--part-size', '100K', '--bigfile-threshold', '300K', '--verify', 'strict', '--job', '2'],
    ...['--bandwidth-limit', '100M', '--checkpoint-dir', 'kept', '--retry-times', '2'],
  ]
  expect(await table.run(['sync', 'tree', 'oss://films', ...said, ...how])).toMatchObject({
    status: 0,
  })
  expect(table.requests.map(({ operation }) => operation)).toContain('PutObject')
  expect(await clientOf(table).headObject({ ...films, key: 'a' })).toMatchObject({
    storageClass: 'IA',
    cacheControl: 'no-store',
    contentType: 'video/x-own',
    metadata: { colour: 'blue' },
  })
  expect((await fetch(`${table.server.url}/films/a`)).status).toBe(200)
  const again = ['sync', 'tree', 'oss://films', '--ignore-existing', '--json']
  expect(eventsOf(await table.run(again))).toMatchObject([{ copied: 0, skipped: 1 }])
})

test('cp takes --job as well as --jobs, as the two ossutils spell it', async () => {
  const table = await bench()
  await mkdir(join(table.directory, 'tree'))
  await writeFile(join(table.directory, 'tree/a'), 'a')
  const copy = ['cp', '-r', 'tree', 'oss://films']
  expect(await table.run([...copy, '--job', '1'])).toMatchObject({ status: 0 })
  expect(await table.run([...copy, '--jobs', '0'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('--jobs: "0" is not a whole number'),
  })
})

test('a server keeps to the region, the quotas and the strictness that its flags say', async () => {
  const server = await serveProcess(await temporaryDirectory(), {
    args: [
      ...['--host', '127.0.0.1', '--region', 'cn-beijing', '--strict-http'],
      ...['--bucket-quota', '1M', '--bucket-objects', '1', '--admin-host', '127.0.0.1'],
      ...['--restore-time', '1s', '--callback-host', 'app.example.com'],
      ...['--bucket-logs-every', '1h', '--abort-uploads-after', '7d'],
    ],
  })
  onTestFinished(() => server.kill())
  const endpoint = `http://127.0.0.1:${server.port}`
  const client = new OssClient({ endpoint, region: 'cn-beijing', credentials: KEY_PAIR })
  onTestFinished(() => client.close())
  await client.putBucket(films)
  const put = (key: string, size: number) =>
    client.putObject({ ...films, key, body: new Uint8Array(size) }, { retries: 0 })
  await expect(put('large', 2 * KiB * KiB)).rejects.toThrow('The bucket may hold 1048576 bytes')
  await put('first', 1)
  await expect(put('second', 1)).rejects.toThrow()
  const { buckets } = await client.listBuckets()
  expect(buckets).toMatchObject([{ name: 'films', region: 'cn-beijing' }])

  const both = connect(server.port, '127.0.0.1')
  both.end(
    'PUT /films/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  )
  expect(await text(both)).toMatch(/^HTTP\/1\.1 400 /)
})
