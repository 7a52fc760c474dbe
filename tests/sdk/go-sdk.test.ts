/**
 * The official Go SDK, as Debian packages it, unmodified against our server. Needs the packages
 * `golang-go` and `golang-github-aliyun-aliyun-oss-go-sdk-dev`.
 */

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startServer } from '../support/server.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { startForwardProxy } from './forward-proxy.ts'

const GO_PATH = '/usr/share/gocode'
const present =
  existsSync('/usr/bin/go') && existsSync(join(GO_PATH, 'src/github.com/aliyun/aliyun-oss-go-sdk'))

const root = fileURLToPath(new URL('../..', import.meta.url))
const cache = join(root, 'node_modules/.cache/lading-go')
const program = join(cache, 'drive-sdk')
const run = promisify(execFile)

const credentials = { accessKeyId: 'go-key', accessKeySecret: 'the secret of the go sdk' }

/** What each step comes to; a refusal is told by its status and code. */
const expected = {
  'make the bucket': null,
  'bucket exists': true,
  'bucket info': ['oss-cn-hangzhou', 'Standard', 'private'],
  put: null,
  get: 'hello',
  'get a range': 'ell',
  head: ['alice', 'text/plain', '5'],
  'a missing key': '404 NoSuchKey',
  'a wrong secret': '403 SignatureDoesNotMatch',
  'upload a file in parts, three at a time': null,
  'download it in ranges': true,
  initiate: 'single',
  'upload parts': 2,
  'list uploads': 1,
  'list parts': 2,
  complete: true,
  'complete again': '404 NoSuchUpload',
  abort: null,
  list: ['a/', 'parts', 'single'],
  copy: 'hello',
  'copy in parts': true,
  append: 'onetwo',
  'delete many': 3,
  'delete each': null,
}

describe.runIf(present)('the Go SDK', () => {
  beforeAll(async () => {
    const source = join(root, 'tests/sdk/go/main.go')
    const settings = { GO111MODULE: 'off', GOPATH: GO_PATH, GOCACHE: cache, GOFLAGS: '' }
    await run('/usr/bin/go', ['build', '-o', program, source], {
      env: { ...process.env, ...settings },
    })
  }, 240_000)

  test.each([
    ['an IP', (port: number) => `http://127.0.0.1:${port}`],
    ['localhost', (port: number) => `http://localhost:${port}`],
  ])('does all that it can, with its bucket on %s', async (_, endpointOf) => {
    const server = await startServer({ credentials: [credentials] })
    onTestFinished(() => server.close({ graceMs: 0 }))
    const { accessKeyId, accessKeySecret } = credentials
    const directory = await temporaryDirectory()
    // Not every resolver knows `BUCKET.localhost`; a proxy need not resolve it.
    const proxy = await startForwardProxy(server.port)
    const { stdout } = await run(program, [
      ...[endpointOf(server.port), accessKeyId, accessKeySecret, 'go-bucket', directory, proxy],
    ])
    const steps = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { step: string; value: unknown })
    expect(Object.fromEntries(steps.map(({ step, value }) => [step, value]))).toEqual(expected)
  })
})
