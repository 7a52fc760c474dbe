import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { type Credentials, OssClient } from '@lading/client/node'
import { expect, onTestFinished, test } from 'vitest'
import {
  COMMAND,
  KEY_PAIR,
  type ServeProcess,
  serveProcess,
  workersOf,
} from '../support/serve-process.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { until } from '../support/until.ts'

/** The server as a process, gone when the test is. */
async function serve(
  directory: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<ServeProcess> {
  const server = await serveProcess(directory, { args, env })
  onTestFinished(async () => {
    if (server.child.exitCode === null && server.child.signalCode === null) await server.kill()
  })
  return server
}

function clientOf({ port }: ServeProcess, credentials: Credentials = KEY_PAIR): OssClient {
  const client = new OssClient({ endpoint: `http://127.0.0.1:${port}`, credentials })
  onTestFinished(() => client.close())
  return client
}

test('one line on stdout says that it listens; SIGTERM ends it with 0', async () => {
  const directory = await temporaryDirectory()
  const child = spawn(process.execPath, [COMMAND, 'serve', '--data', directory, '--port', '0'], {
    env: {
      ...process.env,
      LADING_ACCESS_KEY_ID: KEY_PAIR.accessKeyId,
      LADING_ACCESS_KEY_SECRET: KEY_PAIR.accessKeySecret,
    },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)]
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
  expect(await stdout).toMatch(/^listening on http:\/\/127\.0\.0\.1:\d+\n$/)
  expect(await stderr).toBe('')
})

test('a request in flight is answered before SIGTERM ends the server', async () => {
  const server = await serve(await temporaryDirectory(), ['--fault', 'PutObject,delay=700'])
  const client = clientOf(server)
  await client.putBucket({ bucket: 'films' })
  let isSent = false
  async function* body(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(10)
    isSent = true
  }
  const put = client.putObject({ bucket: 'films', key: 'a', body: body() })
  await until(() => isSent)
  const stopped = server.stop()
  expect((await put).status).toBe(200)
  expect(await stopped).toBe(0)
  await expect(client.listBuckets({}, { retries: 0 })).rejects.toThrow()
})

test('the console is served, and is not there with --no-console', async () => {
  for (const [args, status] of [
    [[], 200],
    [['--no-console'], 404],
  ] as const) {
    const { port } = await serve(await temporaryDirectory(), args)
    const page = await fetch(`http://127.0.0.1:${port}/-/console/`)
    expect([args, page.status]).toEqual([args, status])
    expect((await page.text()).includes('<title>Lading')).toBe(status === 200)
  }
})

test('the key pair is made on the first run, shown once, and kept for its owner alone', async () => {
  const directory = await temporaryDirectory()
  const none = { LADING_ACCESS_KEY_ID: '', LADING_ACCESS_KEY_SECRET: '' }
  const first = await serve(directory, [], none)
  const [, accessKeyId = '', accessKeySecret = ''] =
    /^made a key pair, shown only now:\n {2}export OSS_ENDPOINT=http:\/\/127\.0\.0\.1:\d+\n {2}export OSS_ACCESS_KEY_ID=(\S+)\n {2}export OSS_ACCESS_KEY_SECRET=(\S+)\n$/.exec(
      first.stderr(),
    ) ?? []
  const keys = { accessKeyId, accessKeySecret }
  expect((await clientOf(first, keys).putBucket({ bucket: 'films' })).status).toBe(200)
  const files = await readdir(directory, { recursive: true, withFileTypes: true })
  for (const file of files.filter((entry) => entry.isFile())) {
    const path = join(file.parentPath, file.name)
    if (!(await readFile(path)).includes(accessKeySecret)) continue
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  }
  expect(await first.stop()).toBe(0)

  const second = await serve(directory, [], none)
  expect((await clientOf(second, keys).getBucketInfo({ bucket: 'films' })).status).toBe(200)
  expect(second.stderr()).toBe(`the key pair is in ${join(directory, 'credentials.json')}\n`)
})

test('a start that fails because the port is taken makes no key pair that nobody would see', async () => {
  const directory = await temporaryDirectory()
  const none = { LADING_ACCESS_KEY_ID: '', LADING_ACCESS_KEY_SECRET: '' }
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  await expect(serve(directory, ['--port', String(port)], none)).rejects.toThrow('in use')
  expect(await readdir(directory)).not.toContain('credentials.json')
  expect((await serve(directory, [], none)).stderr()).toMatch(/^made a key pair, shown only now:/)
})

test('workers tell of their key pair once', async () => {
  const directory = await temporaryDirectory()
  const none = { LADING_ACCESS_KEY_ID: '', LADING_ACCESS_KEY_SECRET: '' }
  const first = await serve(directory, ['--workers', '2'], none)
  expect(first.stderr().match(/key pair/g)).toHaveLength(1)
  expect(await first.stop()).toBe(0)
  const second = await serve(directory, ['--workers', '2'], none)
  expect(second.stderr()).toBe(`the key pair is in ${join(directory, 'credentials.json')}\n`)
})

test('with --log every request is a line of JSON on stderr', async () => {
  const server = await serve(await temporaryDirectory(), ['--log'])
  await clientOf(server).putBucket({ bucket: 'films' })
  expect(await server.stop()).toBe(0)
  const lines = server.stderr().split('\n').slice(0, -1)
  const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(entries).toContainEqual(expect.objectContaining({ operation: 'PutBucket', status: 200 }))
})

test("lmdb's stray rejection is survived, and any other ends the process", async () => {
  const guard = fileURLToPath(
    new URL('../../packages/cli/dist/serve/guard-rejections.js', import.meta.url),
  )
  const script = `
    import { setImmediate as turn } from 'node:timers/promises'
    const { guardRejections } = await import(${JSON.stringify(guard)})
    guardRejections()
    const stray = new Error('Commit failed (see commitError for details)')
    Promise.reject(Object.assign(stray, { commitError: 28 }))
    await turn()
    process.stdout.write('survived')
    Promise.reject(new Error('a fault of ours'))
    await turn()
    process.stdout.write(' everything')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script])
  const [[status], stdout, stderr] = await Promise.all([
    once(child, 'exit'),
    text(child.stdout),
    text(child.stderr),
  ])
  expect({ status, stdout }).toEqual({ status: 1, stdout: 'survived' })
  expect(stderr).toMatch(
    /^lading: an unexpected failure ended the server\nError: a fault of ours\n/,
  )
})

test('a port that is taken is told in one sentence', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  await expect(serve(await temporaryDirectory(), ['--port', String(port)])).rejects.toThrow(
    /^The server ended \(1\) before it listened:\nlading: the address is in use \(127\.0\.0\.1:\d+\)\n {2}Choose another --port, or 0 for any that is free\.\n$/,
  )
})

test('workers share one port and one store, and one that dies is replaced', async () => {
  const server = await serve(await temporaryDirectory(), ['--workers', '2'])
  const client = clientOf(server)
  await client.putBucket({ bucket: 'films' })
  const pids = await workersOf(server)
  expect(pids).toHaveLength(2)
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      client.putObject({ bucket: 'films', key: `${n}`, body: new Uint8Array(n) }),
    ),
  )

  const [victim] = pids
  if (victim !== undefined) process.kill(victim, 'SIGKILL')
  await until(async () => {
    const now = await workersOf(server)
    return now.length === 2 && !now.includes(victim ?? 0)
  })
  expect(server.stderr()).toMatch(/^lading: worker \d+ ended \(SIGKILL\); starting another\n$/)
  const { contents } = await client.listObjectsV2({ bucket: 'films' })
  expect(contents).toHaveLength(20)
  expect(await server.stop()).toBe(0)
  expect(await workersOf(server)).toEqual([])
})

test('a signal to the whole group, as a terminal sends it, drains the workers too', async () => {
  const directory = await temporaryDirectory()
  const args = [COMMAND, 'serve', '--data', directory, '--port', '0', '--workers', '2']
  const child = spawn(process.execPath, args, {
    detached: true,
    env: { ...process.env, LADING_ACCESS_KEY_ID: 'LTAIx', LADING_ACCESS_KEY_SECRET: 'x' },
  })
  const exited = once(child, 'exit')
  const stderr = text(child.stderr)
  await once(child.stdout, 'data')
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT')
  expect(await exited).toEqual([0, null])
  expect(await stderr).toBe('')
})
