/** What is looked at after a whole run, on records planted here: it passes what is right and no more. */

import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../tests/support/temporary.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

interface Run {
  readonly status: number | null
  readonly output: string
}

function run(tool: string, ...args: readonly string[]): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, tool), ...args], {
    encoding: 'utf8',
  })
  return { status, output: stdout + stderr }
}

/** Plants `lines` as the log of the only server of `testFile`. */
function plant(records: string, testFile: string, lines: readonly object[]): string {
  const log = join(records, testFile, 'server.log')
  mkdirSync(dirname(log), { recursive: true })
  writeFileSync(log, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  return log
}

const answer = (operation: string, status: number, code?: string): object => ({
  msg: 'request',
  method: 'PUT',
  target: '/bucket/key',
  operation,
  status,
  code,
  aborted: false,
})

test('the page of operations names what was shown, and what no test has shown as missing', async () => {
  const records = await temporaryDirectory()
  const page = join(records, 'page.md')
  plant(records, 'tests/operations/put-object.test.ts', [
    answer('PutObject', 200),
    answer('PutObject', 400, 'InvalidDigest'),
    answer('PutObject', 200),
    answer('PutBucket', 200),
  ])
  const build = ['--records', records, '--page', page]
  expect(run('tools/build-compatibility.mjs', ...build)).toEqual({ status: 0, output: '' })
  const written = readFileSync(page, 'utf8')
  expect(written).toMatch(
    /^\| PutObject \| `PUT [^|]*` \| 200 \| 400 InvalidDigest \| \[put-object\]/m,
  )
  expect(written).toMatch(/^\| PutBucket \| [^|]* \| \*\*missing\*\* \|/m)
  expect(written).toMatch(/^\| GetBucketReplication \| [^|]* \| \*\*missing\*\* \|$/m)
})

test('the page of operations fails a run that shows anything else', async () => {
  const records = await temporaryDirectory()
  const page = join(records, 'page.md')
  const file = 'tests/operations/put-object.test.ts'
  const build = ['--records', records, '--page', page]
  plant(records, file, [answer('PutObject', 200)])
  run('tools/build-compatibility.mjs', ...build)
  expect(run('tools/build-compatibility.mjs', '--check', ...build).status).toBe(0)

  plant(records, file, [answer('PutObject', 500, 'InternalError')])
  const { status, output } = run('tools/build-compatibility.mjs', '--check', ...build)
  expect(status).toBe(1)
  expect(output).toMatch(/the page: .*PutObject.* 200 /)
  expect(output).toMatch(/the tests: .*PutObject.* 500 InternalError /)
})

test('a secret in any log line fails a run', async () => {
  const sent = {
    v1: 'tcScp9yTM8XZyvVUDUG4UtGK+/M=',
    v4: '5f6d0e6c0e4d8f1d2f3a4b5c6d7e8f90112233445566778899aabbccddeeff00',
    token: 'CAISqgJ1q6Ft5B2yfSjIr5fXGoPk',
    secret: 'a secret of the tests',
  }
  const leaks = [
    `{"msg":"request","target":"/bucket/key?Expires=1&Signature=${encodeURIComponent(sent.v1)}"}`,
    `{"msg":"request","target":"/bucket/${sent.v4}"}`,
    `{"msg":"failed","err":{"message":"the token ${sent.token} is not known"}}`,
    `{"msg":"failed","secret":"${sent.secret}"}`,
    '{"msg":"request","target":"/bucket/key?x-oss-signature=an-unknown-one"}',
    '{"msg":"request","authorization":"OSS4-HMAC-SHA256 Credential=a/20261122/b/oss"}',
  ]
  const records = await temporaryDirectory()
  const log = plant(records, 'tests/any.test.ts', [
    { msg: 'request', target: '/bucket/key?x-oss-signature=[redacted]&security-token=[redacted]' },
  ])
  const harmless = readFileSync(log, 'utf8')
  const secrets = Object.values(sent).map((secret) => `${JSON.stringify(secret)}\n`)
  writeFileSync(join(dirname(log), 'server.secrets'), secrets.join(''))
  expect(run('tools/check-logs.mjs', records)).toEqual({ status: 0, output: '' })
  for (const leak of leaks) {
    writeFileSync(log, `${harmless}${leak}\n${harmless}`)
    const { status, output } = run('tools/check-logs.mjs', records)
    expect([status, output]).toEqual([1, expect.stringContaining(leak)])
    expect(output).toContain('1 lines hold a secret.')
  }
})

test('a run of which nothing was recorded is no proof', async () => {
  expect(run('tools/check-logs.mjs', await temporaryDirectory()).status).toBe(1)
})
