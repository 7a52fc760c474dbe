/** The packages as they are published: packed, installed into an empty directory, and used there. */

import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { succeedIn, userEnvironment } from './npm.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const KEYS = { accessKeyId: 'LTAI-pack', accessKeySecret: 'a secret of this test' }

let directory = ''
/** A project that has installed the four packages and nothing else. */
let project = ''

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lading-pack-'))
  const tarballs = join(directory, 'tarballs')
  project = join(directory, 'project')
  await mkdir(tarballs)
  await mkdir(project)
  await succeedIn(root, 'npm', ['pack', '--workspaces', '--pack-destination', tarballs])
  await writeFile(
    join(project, 'package.json'),
    '{ "name": "a-user", "version": "1.0.0", "private": true, "type": "module" }',
  )
  const files = (await readdir(tarballs)).map((name) => join(tarballs, name))
  await succeedIn(project, 'npm', [
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    ...files,
  ])
}, 300_000)

afterAll(() => rm(directory, { recursive: true, force: true }))

test.each(['@lading/protocol', '@lading/client', '@lading/server', 'lading'])(
  '%s brings its licence, its README and what it compiled to, and no tests',
  async (name) => {
    const folder = join(project, 'node_modules', name)
    const files = (await readdir(folder, { recursive: true })).map((file) =>
      file.replaceAll('\\', '/'),
    )
    expect(files).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'package.json', 'dist', 'src']),
    )
    expect(files.filter((file) => /\.(test|contract)\.|fixtures|tsbuildinfo/.test(file))).toEqual(
      [],
    )
  },
)

test('each compiled file finds the source that its map names', async () => {
  for (const name of ['@lading/protocol', '@lading/client', '@lading/server', 'lading']) {
    const folder = join(project, 'node_modules', name)
    const files = (await readdir(folder, { recursive: true })).filter((file) =>
      file.endsWith('.map'),
    )
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) {
      const { sources } = JSON.parse(await readFile(join(folder, file), 'utf8'))
      for (const source of sources) await readFile(join(folder, file, '..', source))
    }
  }
})

test('npx lading serve and npx lading cp carry a file there and back', async () => {
  const bytes = randomBytes(3 * 1024 * 1024 + 17)
  await writeFile(join(project, 'sent.bin'), bytes)
  const server = await serve()
  try {
    const settings = {
      OSS_ACCESS_KEY_ID: KEYS.accessKeyId,
      OSS_ACCESS_KEY_SECRET: KEYS.accessKeySecret,
    }
    const lading = (...args: string[]): Promise<string> =>
      succeedIn(
        project,
        'npx',
        ['--no-install', 'lading', ...args, '--endpoint', server.endpoint],
        settings,
      )
    await lading('mb', 'oss://packed-bucket')
    await lading('cp', 'sent.bin', 'oss://packed-bucket/there', '--part-size', '1MiB')
    expect(await lading('ls', 'oss://packed-bucket')).toContain('there')
    await lading('cp', 'oss://packed-bucket/there', 'came.bin')
    expect(bytes.equals(await readFile(join(project, 'came.bin')))).toBe(true)
  } finally {
    await server.stop()
  }
})

test('startServer and the client work from a program of the user', async () => {
  await writeFile(
    join(project, 'program.mjs'),
    `
    import { createHash, randomBytes } from 'node:crypto'
    import { writeFile } from 'node:fs/promises'
    import { startServer } from '@lading/server'
    import { OssClient } from '@lading/client/node'
    import { crc64, formatCrc64 } from '@lading/protocol'

    const server = await startServer()
    const client = new OssClient({ endpoint: server.url, credentials: server.credentials })
    await client.putBucket({ bucket: 'embedded' })
    const bytes = randomBytes(1024 * 1024)
    const { etag } = await client.putObject({ bucket: 'embedded', key: 'a/b', body: bytes })
    const head = await client.headObject({ bucket: 'embedded', key: 'a/b' })
    console.log(JSON.stringify({
      etag: etag === createHash('md5').update(bytes).digest('hex').toUpperCase(),
      crc64: formatCrc64(head.hashCrc64ecma) === formatCrc64(crc64(bytes)),
      size: head.size,
    }))
    await client.close()
    await server.close()
  `,
  )
  const said = await succeedIn(project, process.execPath, ['program.mjs'])
  expect(JSON.parse(said)).toEqual({ etag: true, crc64: true, size: 1024 * 1024 })
})

async function serve(): Promise<{ endpoint: string; stop(): Promise<void> }> {
  // Its own process group: npx starts a shell that starts the server, and all of them have to end.
  const child: ChildProcess = spawn(
    'npx',
    ['--no-install', 'lading', 'serve', '--data', join(directory, 'data'), '--port', '0'],
    {
      cwd: project,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...userEnvironment(),
        LADING_ACCESS_KEY_ID: KEYS.accessKeyId,
        LADING_ACCESS_KEY_SECRET: KEYS.accessKeySecret,
      },
    },
  )
  const closed = once(child, 'close')
  let said = ''
  const endpoint = await new Promise<string>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const found = /listening on (http:\/\/\S+)/.exec(said)
      if (found?.[1]) resolve(found[1])
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    closed.then(() => reject(new Error(`The server ended before it listened:\n${said}`)), reject)
  })
  return {
    endpoint,
    async stop() {
      if (child.pid) process.kill(-child.pid, 'SIGTERM')
      await closed
    },
  }
}
