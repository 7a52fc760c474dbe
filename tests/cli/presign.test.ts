import { OssClient } from '@lading/client/node'
import { expect, onTestFinished, test } from 'vitest'
import { type Bench, bench, eventsOf, isSame } from './lading.ts'

const films = { bucket: 'films' }

function clientOf({ server }: Bench): OssClient {
  const client = new OssClient({ endpoint: server.url, credentials: server.credentials })
  onTestFinished(() => client.close())
  return client
}

/** The URL alone is on stdout. */
async function presign(table: Bench, ...args: string[]): Promise<string> {
  const { status, stdout } = await table.run(['presign', ...args])
  expect(status).toBe(0)
  return stdout.toString().trimEnd()
}

test.each(['v4', 'v1'])(
  'a URL signed with %s gives the object to whoever has it',
  async (version) => {
    const table = await bench()
    const bytes = await table.file('a', 1000)
    await table.run(['cp', 'a', 'oss://films/电影/a b.mov'])
    const url = await presign(table, 'oss://films/电影/a b.mov', '--sign-version', version)
    expect(url).toMatch(/^http:\S+$/)
    const answer = await fetch(url)
    expect(answer.status).toBe(200)
    expect(isSame(Buffer.from(await answer.arrayBuffer()), bytes)).toBe(true)
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(403)
  },
)

test('a URL is used up when it expires', async () => {
  let now = Date.now()
  const table = await bench({ now: () => new Date(now) })
  await table.file('a', 10)
  await table.run(['cp', 'a', 'oss://films/a'])
  const url = await presign(table, 'oss://films/a', '--expires', '30m')
  now += 29 * 60_000
  expect((await fetch(url)).status).toBe(200)
  now += 2 * 60_000
  expect((await fetch(url)).status).toBe(403)
})

test('a URL to upload with takes the content type that was named, and no other', async () => {
  const table = await bench()
  const { stdout, stderr } = await table.run([
    'presign',
    'oss://films/a',
    '--method',
    'PUT',
    '--content-type',
    'video/mp4',
  ])
  const put = (type: string): Promise<Response> =>
    fetch(stdout.toString().trim(), {
      method: 'PUT',
      body: 'bytes',
      headers: { 'content-type': type },
    })
  expect(stderr).toMatch(/^PUT, until .* UTC; to be sent with content-type: video\/mp4\n$/)
  expect((await put('text/plain')).status).toBe(403)
  expect((await put('video/mp4')).status).toBe(200)
  expect(await clientOf(table).headObject({ ...films, key: 'a' })).toMatchObject({
    size: 5,
    contentType: 'video/mp4',
  })
})

test('a URL of a part takes that part of that upload', async () => {
  const table = await bench()
  const client = clientOf(table)
  const { uploadId } = await client.initiateMultipartUpload({ ...films, key: 'a' })
  const url = await presign(table, 'oss://films/a', '--upload-id', uploadId, '--part-number', '7')
  // Bytes: of a text it would send a Content-Type, which nothing signed.
  expect((await fetch(url, { method: 'PUT', body: Buffer.from('part') })).status).toBe(200)
  const { parts } = await client.listParts({ ...films, key: 'a', uploadId })
  expect(parts).toMatchObject([{ partNumber: 7, size: 4 }])
})

test('a URL can say what the answer is to be called', async () => {
  const table = await bench()
  await table.file('a', 10)
  await table.run(['cp', 'a', 'oss://films/a'])
  const name = "attachment; filename*=UTF-8''%E7%94%B5.mov"
  const url = await presign(
    table,
    ...['oss://films/a', '--response-content-disposition', name],
    ...['--response-content-type', 'text/x-own'],
  )
  const { headers } = await fetch(url)
  expect(headers.get('content-disposition')).toBe(name)
  expect(headers.get('content-type')).toBe('text/x-own')
})

test('with --json the URL is an event with its method, headers and end', async () => {
  const table = await bench()
  const [event] = eventsOf(await table.run(['presign', 'oss://films/a', '--json']))
  expect(event).toMatchObject({ event: 'presigned', key: 'a', method: 'GET', headers: {} })
  expect(Date.parse(String(event?.expiration)) - Date.now()).toBeGreaterThan(3_500_000)
})

test.each([
  { args: ['--expires', '8d'], says: /^lading: --expires: a URL signed with v4 lives 7 days/ },
  { args: ['--expires', '0'], says: /must live for a second/ },
  { args: ['--expires', 'soon'], says: /"soon" is not an age/ },
  { args: ['--part-number', '1'], says: /needs both --upload-id and --part-number/ },
  {
    args: ['--upload-id', 'x', '--part-number', '1', '--method', 'GET'],
    says: /--method GET: a part is sent with PUT/,
  },
])('presign $args is a mistake in the command line', async ({ args, says }) => {
  const { run } = await bench()
  expect(await run(['presign', 'oss://films/a', ...args])).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(says),
  })
})

test('a URL signed with v1 may live longer than 7 days', async () => {
  const { run } = await bench()
  const args = ['presign', 'oss://films/a', '--expires', '8d', '--sign-version', 'v1']
  expect(await run(args)).toMatchObject({ status: 0 })
})
