/** curl, which the C SDK sends with, and its habit of declaring a body's length twice. */

import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { etagOf, OssWire } from '../support/oss-wire.ts'
import { startServer } from '../support/server.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const present = existsSync('/usr/bin/curl')

test.runIf(present)(
  'curl stores and reads a body with both lengths, its connection kept',
  async () => {
    const server = await startServer()
    onTestFinished(() => server.close({ graceMs: 0 }))
    const directory = await temporaryDirectory()
    const bytes = randomBytes(3_000_000)
    await writeFile(join(directory, 'sent'), bytes)
    const wire = new OssWire({ port: server.port, credentials: server.credentials })
    onTestFinished(() => wire.close())
    await wire.send('PUT', { bucket: 'curl-bucket', headers: { 'x-oss-acl': 'public-read-write' } })
    const bucket = `${server.url}/curl-bucket`

    const lengths = ['-H', 'Transfer-Encoding: chunked', '-H', `Content-Length: ${bytes.length}`]
    const told = '%{http_code} %{num_connects} %header{etag}\\n'
    const { stdout } = await promisify(execFile)(
      '/usr/bin/curl',
      [
        ...['-sS', '-o', 'none', '-w', told, ...lengths, '-T', 'sent', `${bucket}/first`],
        ...[
          '--next',
          '-sS',
          '-o',
          'none',
          '-w',
          told,
          ...lengths,
          '-T',
          'sent',
          `${bucket}/second`,
        ],
        ...['--next', '-sS', '-o', 'got', '-w', told, `${bucket}/second`],
      ],
      { cwd: directory },
    )
    const etag = `"${etagOf(bytes)}"`
    expect(stdout.trimEnd().split('\n')).toEqual([
      `200 1 ${etag}`,
      `200 0 ${etag}`,
      `200 0 ${etag}`,
    ])
    expect(bytes.equals(await readFile(join(directory, 'got')))).toBe(true)
  },
)
