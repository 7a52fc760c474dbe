/** fog-aliyun, as Debian packages it, unmodified against our server. Needs `ruby-fog-aliyun`. */

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { startServer } from '../support/server.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { startForwardProxy } from './forward-proxy.ts'

const present = existsSync('/usr/lib/ruby/vendor_ruby/fog/aliyun/storage.rb')
const script = fileURLToPath(new URL('fog/drive.rb', import.meta.url))
const credentials = { accessKeyId: 'fog-key', accessKeySecret: 'the secret of fog' }

/** Bytes. From here on fog uploads in parts. */
const LARGE = 104_857_600 + 1

test.runIf(present)('fog-aliyun does all that it can, with its bucket in the host', async () => {
  const server = await startServer({ credentials: [credentials] })
  onTestFinished(() => server.close({ graceMs: 0 }))
  const proxy = await startForwardProxy(server.port)
  const large = join(await temporaryDirectory(), 'large')
  const file = await open(large, 'w')
  await file.truncate(LARGE)
  await file.close()
  const { accessKeyId, accessKeySecret } = credentials
  const { stdout } = await promisify(execFile)('/usr/bin/ruby', [
    ...[script, accessKeyId, accessKeySecret, 'fog-bucket', proxy, large],
  ])
  const steps = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { step: string; value: unknown })
  expect(Object.fromEntries(steps.map(({ step, value }) => [step, value]))).toEqual({
    'make the bucket': 200,
    'where it is': 'oss-cn-hangzhou',
    put: 200,
    get: 'hello',
    'get a range': 'ell',
    head: '5',
    'a missing key': 'NoSuchKey',
    'a wrong secret': '403 SignatureDoesNotMatch',
    list: ['folder/hello'],
    'put a file in parts': [String(LARGE), 'Multipart'],
    copy: 'hello',
    delete: [204, 204, 204],
    'delete the bucket': 204,
  })
})
