import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OssClient } from '@lading/client/node'
import { expect, onTestFinished, test } from 'vitest'
import { type Bench, bench, eventsOf, isSame } from './lading.ts'

const KiB = 1024

/** Without progress, because a machine may be so slow that there is some to tell. */
const parts = ['--part-size', '100K', '--no-progress']

function countOf({ requests }: Bench, operation: string): number {
  return requests.filter((request) => request.operation === operation).length
}

function clientOf({ server }: Bench): OssClient {
  const client = new OssClient({ endpoint: server.url, credentials: server.credentials })
  onTestFinished(() => client.close())
  return client
}

test('a file goes up in parts and comes back byte for byte', async () => {
  const table = await bench()
  const bytes = await table.file('movie.mov', 1050 * KiB)
  const up = await table.run(['cp', 'movie.mov', 'oss://films/', ...parts])
  expect(up).toMatchObject({ status: 0, stderr: '' })
  expect(up.stdout.toString()).toMatch(
    /^copied movie\.mov to oss:\/\/films\/movie\.mov: 1\.03 MiB, 11 parts, .* s\n$/,
  )
  expect(countOf(table, 'UploadPart')).toBe(11)

  const down = await table.run(['cp', 'oss://films/movie.mov', 'copy.mov', ...parts])
  expect(down).toMatchObject({ status: 0, stderr: '' })
  expect(isSame(await readFile(join(table.directory, 'copy.mov')), bytes)).toBe(true)
})

test.each([
  ['an empty file', 0],
  ['a file that fits into one part', 100 * KiB],
])('%s goes in one request', async (_, size) => {
  const table = await bench()
  const bytes = await table.file('small', size)
  expect(await table.run(['cp', 'small', 'oss://films/a/', '--part-size', '100K'])).toMatchObject({
    status: 0,
  })
  expect(countOf(table, 'PutObject')).toBe(1)
  expect(countOf(table, 'InitiateMultipartUpload')).toBe(0)
  expect(isSame((await table.run(['cat', 'oss://films/a/small'])).stdout, bytes)).toBe(true)
})

test('stdin goes up without its length being known, and comes back on stdout', async () => {
  const table = await bench()
  const bytes = await table.file('bytes', 350 * KiB)
  const args = ['cp', '-', 'oss://films/stream', '--part-size', '100K', '--bigfile-threshold', '0']
  expect(await table.run(args, { input: bytes })).toMatchObject({ status: 0 })
  expect(countOf(table, 'UploadPart')).toBe(4)

  const down = await table.run(['cp', 'oss://films/stream', '-'])
  expect(down.status).toBe(0)
  expect(isSame(down.stdout, bytes)).toBe(true)
})

test('what is said of an object travels with it', async () => {
  const table = await bench()
  await table.file('a', 10)
  const args = ['--content-type', 'video/quicktime', '--meta', 'colour=blue', '--meta', 'x=a=b']
  await table.run(['cp', 'a', 'oss://films/a', ...args])
  const { stdout } = await table.run(['stat', 'oss://films/a', '--json'])
  expect(JSON.parse(stdout.toString())).toMatchObject({
    event: 'object',
    size: 10,
    contentType: 'video/quicktime',
    metadata: { colour: 'blue', x: 'a=b' },
  })
})

test('the content type is that of the file extension, unless it is given', async () => {
  const table = await bench()
  await table.file('page.html', 10)
  await table.file('what', 300 * KiB)
  const types = async (key: string): Promise<unknown> =>
    eventsOf(await table.run(['stat', `oss://films/${key}`, '--json']))[0]?.contentType
  await table.run(['cp', 'page.html', 'oss://films/page'])
  await table.run(['cp', 'what', 'oss://films/what', ...parts])
  await table.run(['cp', 'page.html', 'oss://films/given', '--content-type', 'text/x-own'])
  expect(await types('page')).toBe('text/html')
  expect(await types('what')).toBe('application/octet-stream')
  expect(await types('given')).toBe('text/x-own')
})

test('an object that exists is overwritten only with -f', async () => {
  const table = await bench()
  const first = await table.file('a', 10)
  await table.run(['cp', 'a', 'oss://films/a'])
  const second = await table.file('a', 10)
  const refused = await table.run(['cp', 'a', 'oss://films/a'])
  expect(refused.status).toBe(8)
  expect(refused.stderr).toMatch(
    /^lading: oss:\/\/films\/a exists \(FileAlreadyExists, request [0-9A-F]+\)\n {2}Pass -f to overwrite it\.\n$/,
  )
  expect((await table.run(['cat', 'oss://films/a'])).stdout).toEqual(first)
  expect(await table.run(['cp', 'a', 'oss://films/a', '-f'])).toMatchObject({ status: 0 })
  expect((await table.run(['cat', 'oss://films/a'])).stdout).toEqual(second)
})

test('a file that exists is overwritten only with -f', async () => {
  const table = await bench()
  const bytes = await table.file('a', 10)
  await table.run(['cp', 'a', 'oss://films/a'])
  await writeFile(join(table.directory, 'mine'), 'mine')
  expect(await table.run(['cp', 'oss://films/a', 'mine'])).toMatchObject({
    status: 8,
    stderr: 'lading: mine exists\n  Pass -f to overwrite it.\n',
  })
  expect(await readFile(join(table.directory, 'mine'), 'utf8')).toBe('mine')
  expect(await table.run(['cp', 'oss://films/a', 'mine', '-f'])).toMatchObject({ status: 0 })
  expect(isSame(await readFile(join(table.directory, 'mine')), bytes)).toBe(true)
})

test('a directory goes up and comes back, and -u skips what is there', async () => {
  const table = await bench()
  await mkdir(join(table.directory, 'tree/a b'), { recursive: true })
  const files = ['tree/empty', 'tree/a b/.hidden', 'tree/a b/film é.mov']
  const contents = await Promise.all(files.map((name, index) => table.file(name, index * 70 * KiB)))

  const up = await table.run(['cp', '-r', 'tree', 'oss://films/copy', '--part-size', '100K'])
  expect(up.status).toBe(0)
  expect(up.stdout.toString()).toMatch(/\n3 files copied\n$/)
  const { stdout } = await table.run(['ls', '-r', 'oss://films', '--json'])
  expect(stdout.toString().match(/"key":"[^"]*"/g)).toEqual([
    '"key":"copy/a b/.hidden"',
    '"key":"copy/a b/film é.mov"',
    '"key":"copy/empty"',
  ])

  const again = await table.run(['cp', '-r', 'tree', 'oss://films/copy', '-u'])
  expect(again.stdout.toString()).toMatch(/\n0 files copied, 3 skipped\n$/)
  const refused = await table.run(['cp', '-r', 'tree', 'oss://films/copy'])
  expect(refused.status).toBe(1)
  expect(refused.stdout.toString()).toBe('0 files copied, 3 failed\n')

  expect(await table.run(['cp', '-r', 'oss://films/copy', 'back'])).toMatchObject({ status: 0 })
  for (const [index, name] of files.entries()) {
    const path = join(table.directory, name.replace('tree', 'back'))
    expect(isSame(await readFile(path), contents[index])).toBe(true)
  }
})

test('a key that would leave the directory is refused, and the others are copied', async () => {
  const table = await bench()
  const client = clientOf(table)
  for (const key of ['in/good', 'in/../../evil', 'in//etc/evil', 'in/sub/']) {
    await client.putObject({ bucket: 'films', key, body: new Uint8Array(3) })
  }
  await mkdir(join(table.directory, 'deep/down'), { recursive: true })
  const { status, stderr } = await table.run(['cp', '-r', 'oss://films/in', 'deep/down'])
  expect(status).toBe(1)
  expect(stderr).toContain('the key "../../evil" does not name a file below deep/down')
  expect(await readdir(join(table.directory, 'deep/down'))).toEqual(['good'])
  expect(await readdir(join(table.directory, 'deep'))).toEqual(['down'])
  expect(await readdir(table.directory)).not.toContain('evil')
})

test('with --json every file has its line, whatever became of it', async () => {
  const table = await bench()
  await mkdir(join(table.directory, 'tree'))
  await table.file('tree/new', 300 * KiB)
  await table.file('tree/old', 10)
  await table.run(['cp', 'tree/old', 'oss://films/'])
  const args = ['cp', '-r', 'tree', 'oss://films', '--json', '--part-size', '100K']
  const events = eventsOf(await table.run(args))
  expect(events.filter(({ event }) => event !== 'progress')).toMatchObject([
    { event: 'started', source: 'tree/new', target: 'oss://films/new', size: 300 * KiB },
    { event: 'started', source: 'tree/old' },
    ...events
      .filter(({ event }) => event === 'failed' || event === 'copied')
      .map(({ source }) =>
        source === 'tree/old'
          ? { event: 'failed', source, code: 'FileAlreadyExists', exitCode: 8 }
          : { event: 'copied', source, size: 300 * KiB, parts: 3, resumedParts: 0 },
      ),
    { event: 'finished', copied: 1, skipped: 0, failed: 1 },
  ])
})

test('--verify says how an upload is proved, and the event what was', async () => {
  const table = await bench()
  await table.file('bytes', 250 * KiB)
  const verified = async (level: string): Promise<unknown> => {
    const args = ['cp', '-f', 'bytes', 'oss://films/a', '--part-size', '100K', '--json', '--verify']
    const events = eventsOf(await table.run([...args, level]))
    return events.find(({ event }) => event === 'copied')?.verified
  }
  expect(await verified('strict')).toEqual(['etag', 'crc64'])
  expect(await verified('off')).toEqual([])
})

test('with --json what cannot even begin has its event too', async () => {
  const table = await bench()
  const up = await table.run(['cp', 'nowhere', 'oss://films/a', '--json'])
  expect(up.status).toBe(4)
  expect(eventsOf(up)).toEqual([
    {
      event: 'failed',
      source: 'nowhere',
      target: 'oss://films/a',
      message: 'cannot read nowhere: no such file',
      exitCode: 4,
    },
  ])
  const down = await table.run(['cp', 'oss://films/nowhere', 'a', '--json'])
  expect(eventsOf(down)).toMatchObject([{ event: 'failed', code: 'NoSuchKey', exitCode: 4 }])
})

test('the progress and the end of a small file agree on its parts', async () => {
  const table = await bench()
  await table.file('small', 10)
  const events = eventsOf(await table.run(['cp', 'small', 'oss://films/small', '--json']))
  const told = events.filter(({ event }) => event === 'progress' || event === 'copied')
  expect(told.length).toBeGreaterThan(1)
  expect(new Set(told.map(({ parts }) => parts))).toEqual(new Set([0]))
})

test('a download that fails leaves no file, and a device is written to and not replaced', async () => {
  const table = await bench({
    faults: [{ operation: 'GetObject', action: { kind: 'fail', code: 'AccessDenied' } }],
  })
  await table.file('a', 10)
  await table.run(['cp', 'a', 'oss://films/a'])
  expect(await table.run(['cp', 'oss://films/a', 'here/b'])).toMatchObject({ status: 5 })
  expect(await readdir(join(table.directory, 'here'))).toEqual([])
  expect(await table.run(['cp', 'oss://films/a', '/dev/null'])).toMatchObject({ status: 5 })
})

test('what is streamed to stdout comes in order, and its proof at the end decides the exit status', async () => {
  const table = await bench({
    faults: [
      { operation: 'GetObject', nth: 1, action: { kind: 'cut', at: 'answer', afterBytes: 1000 } },
      { operation: 'HeadObject', key: 'wrong.mov', action: { kind: 'falsify', sum: 'crc64' } },
    ],
  })
  const bytes = await table.file('film.mov', 300 * KiB)
  await table.run(['cp', 'film.mov', 'oss://films/film.mov'])
  await table.run(['cp', 'film.mov', 'oss://films/wrong.mov'])
  const right = await table.run(['cat', 'oss://films/film.mov'])
  expect(right.status).toBe(0)
  expect(isSame(right.stdout, bytes)).toBe(true)
  const wrong = await table.run(['cp', 'oss://films/wrong.mov', '-'])
  expect(wrong).toMatchObject({ status: 7, stderr: expect.stringContaining('CRC-64') })
  expect(isSame(wrong.stdout, bytes)).toBe(true)
})
