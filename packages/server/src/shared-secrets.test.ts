import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readOptions, type ServerOptions } from './config.ts'
import { requireSharedSecrets } from './shared-secrets.ts'

const engines = { metadata: 'postgres://localhost/lading', blobs: 's3://b?endpoint=http://h' }
const credentials = [{ accessKeyId: 'a', accessKeySecret: 's' }]

const required = (options: ServerOptions): Promise<void> =>
  requireSharedSecrets(readOptions(options))

test('gateways that share nothing but their engines are given every key', async () => {
  const starting = required({ ...engines, callbackHosts: ['example.com'] })
  await expect(starting).rejects.toThrow(
    /LADING_MASTER_KEY.*LADING_ACCESS_KEY_ID.*callback-key\.pem/,
  )
  await required({ ...engines, credentials, masterKey: '0'.repeat(64) })
})

test('a directory gives the keys as well, but its master key must be there', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lading-'))
  try {
    await expect(required({ ...engines, data: { directory } })).rejects.toThrow('master.key')
    await writeFile(join(directory, 'master.key'), '0'.repeat(64))
    await required({ ...engines, data: { directory } })
  } finally {
    await rm(directory, { recursive: true })
  }
})

test('a server with an engine of its own makes its keys', async () => {
  await required({})
  await required({ data: { directory: '/nowhere' }, blobs: engines.blobs })
})
