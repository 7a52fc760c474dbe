/** A closed server keeps no process alive. */

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('after close nothing is left to wait for, also when a client went away in the middle of a body', async () => {
  // A process of its own, because the test runner has timers too.
  const entry = new URL('../../packages/server/dist/index.js', import.meta.url).href
  const script = `
    import { once } from 'node:events'
    import { connect } from 'node:net'
    import { startServer } from '${entry}'
    const server = await startServer({ data: 'memory' })
    const client = connect(server.port, '127.0.0.1')
    client.write('PUT /bucket/key HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nContent-Length: 1000\\r\\n\\r\\nabc')
    await once(client, 'data')
    client.destroy()
    await once(client, 'close')
    await server.close()
    const closed = performance.now()
    process.on('exit', () => console.log(Math.round(performance.now() - closed)))
  `
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    script,
  ])
  // What is left of a refused body is read for ten seconds: a process that waits for it shows in that.
  expect(Number(stdout)).toBeLessThan(5_000)
})
