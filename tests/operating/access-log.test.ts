/** The access log as an operator has it: in a file that others rotate, or on stdout. */

import { readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { OssClient } from '@lading/client/node'
import { expect, onTestFinished, test } from 'vitest'
import { KEY_PAIR, type ServeProcess, serveProcess } from '../support/serve-process.ts'
import { startServer } from '../support/server.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { until } from '../support/until.ts'

async function serve(directory: string, args: readonly string[]): Promise<ServeProcess> {
  const server = await serveProcess(join(directory, 'data'), { args })
  onTestFinished(async () => {
    if (server.child.exitCode === null && server.child.signalCode === null) await server.kill()
  })
  return server
}

async function makeBucket(url: string, bucket: string): Promise<void> {
  const client = new OssClient({ endpoint: url, credentials: KEY_PAIR })
  await client.putBucket({ bucket })
  await client.close()
}

async function bucketsIn(path: string): Promise<unknown[]> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const lines = text.split('\n').slice(0, -1)
  return lines.map((line) => (JSON.parse(line) as { bucket?: unknown }).bucket)
}

test.each([1, 2])(
  'with %i workers SIGHUP begins a new log file, and no line is lost',
  async (workers) => {
    const directory = await temporaryDirectory()
    const log = join(directory, 'access.log')
    const server = await serve(directory, ['--log', log, '--workers', String(workers)])
    const url = `http://127.0.0.1:${server.port}`
    const expected = Array.from({ length: 20 }, (_, n) => `bucket-${n}`)
    for (const bucket of expected.slice(0, 10)) await makeBucket(url, bucket)
    await until(async () => (await bucketsIn(log)).length === 10)
    await rename(log, `${log}.1`)
    server.child.kill('SIGHUP')
    // Every worker makes it in its own time; only the last line of each tells that it has.
    await until(async () => (await readFile(log, 'utf8').catch(() => undefined)) !== undefined)
    for (const bucket of expected.slice(10)) await makeBucket(url, bucket)
    expect(await server.stop()).toBe(0)
    const [before, after] = [await bucketsIn(`${log}.1`), await bucketsIn(log)]
    expect([...before, ...after].sort()).toEqual([...expected].sort())
    expect(after.length).toBeGreaterThan(0)
  },
)

test('the log can go to stdout, in lines of JSON', async () => {
  const directory = await temporaryDirectory()
  const server = await serve(directory, ['--log', '-'])
  let stdout = ''
  server.child.stdout?.on('data', (text: string) => {
    stdout += text
  })
  await makeBucket(`http://127.0.0.1:${server.port}`, 'films')
  await until(() => stdout.includes('\n'))
  expect(JSON.parse(stdout.trim())).toMatchObject({ operation: 'PutBucket', bucket: 'films' })
  expect(await server.stop()).toBe(0)
})

test('a reader of the log that goes away does not stop the server', async () => {
  const directory = await temporaryDirectory()
  const server = await serve(directory, ['--log', '-'])
  const url = `http://127.0.0.1:${server.port}`
  server.child.stdout?.destroy()
  for (const bucket of ['one', 'two', 'three']) await makeBucket(url, `films-${bucket}`)
  expect(await server.stop()).toBe(0)
})

test('a log that cannot be written to does not stop the service', async () => {
  const server = await startServer({
    credentials: [KEY_PAIR],
    log: {
      write() {
        throw new Error('no space left on the device')
      },
    },
  })
  onTestFinished(() => server.close())
  await makeBucket(server.url, 'films')
  await makeBucket(server.url, 'songs')
})

test('a log file that cannot be opened is told before anything is served', async () => {
  const directory = await temporaryDirectory()
  const log = join(directory, 'none', 'access.log')
  await expect(serve(directory, ['--log', log])).rejects.toThrow('cannot be opened')
})
