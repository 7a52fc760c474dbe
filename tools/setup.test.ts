/** What set-up says where it cannot go on. */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

test('an older Node is told in one sentence which one is needed', async () => {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.18.3' } })`
  const running = promisify(execFile)(process.execPath, [
    '--import',
    `data:text/javascript,${encodeURIComponent(pretend)}`,
    `${root}scripts/test.mjs`,
  ])
  await expect(running).rejects.toMatchObject({
    code: 1,
    stderr: 'Lading needs Node.js 20.19 or newer; this is 20.18.3.\n',
    stdout: '',
  })
})
