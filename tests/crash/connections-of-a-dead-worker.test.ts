import { expect, onTestFinished, test } from 'vitest'
import { RawConnection } from '../support/raw-http.ts'
import { serveProcess, workersOf } from '../support/serve-process.ts'
import { temporaryDirectory } from '../support/temporary.ts'

test('a connection that a worker was given and died before it took is closed, not kept waiting', async () => {
  const server = await serveProcess(await temporaryDirectory(), { args: ['--workers', '2'] })
  onTestFinished(() => server.kill())
  const [stopped = 0] = await workersOf(server)
  process.kill(stopped, 'SIGSTOP')
  // The primary gives them to its workers in turn; what the stopped one gets it does not take.
  const connections = await Promise.all(
    Array.from({ length: 8 }, () => RawConnection.open(server.port)),
  )
  for (const connection of connections) {
    await connection.send('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  }
  const answers = connections.map((connection) => connection.rest())
  await Promise.any(answers)
  process.kill(stopped, 'SIGKILL')
  const texts = await Promise.all(answers)
  expect(connections.map(({ failure }) => failure?.message)).not.toContain('Nothing came.')
  expect(texts.some((text) => text.startsWith('HTTP/1.1 403'))).toBe(true)
  expect(texts).toContain('')
})
