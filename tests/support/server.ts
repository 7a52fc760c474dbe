/** Servers of the tests: as anybody starts them, but for the record that is kept of their logs. */

import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as lading from '@lading/server'
import { MASTER_KEY, placeOf } from './places.ts'
import { openRecord } from './suite-records.ts'

/** `startServer` of `@lading/server`. */
export async function startServer(
  options: lading.ServerOptions = {},
): Promise<lading.RunningServer> {
  const record = openRecord()
  for (const { accessKeySecret } of options.credentials ?? []) record.keepSecret(accessKeySecret)
  const server = await lading.startServer({
    ...options,
    ...(await overEngines(options)),
    log: {
      write(line) {
        record.write(line)
        options.log?.write(line)
      },
    },
  })
  record.keepSecret(server.credentials.accessKeySecret)
  return server
}

/** What a gateway is given besides, when the run is over PostgreSQL and an S3 engine. */
async function overEngines(options: lading.ServerOptions): Promise<lading.ServerOptions> {
  const { data = 'memory' } = options
  const directory = data === 'memory' ? undefined : data.directory
  const place = await placeOf(directory)
  if (!place) return {}
  const made = [
    { accessKeyId: 'LTAI-made-by-tests', accessKeySecret: randomBytes(16).toString('hex') },
  ]
  const credentials = options.credentials ?? (directory === undefined ? made : undefined)
  const given = { ...place, masterKey: options.masterKey ?? MASTER_KEY, credentials }
  if (directory !== undefined || !options.callbackHosts) return given
  // Gateways that sign callbacks have their key in a directory, and nothing else of these tests.
  const ofKeys = await mkdtemp(join(tmpdir(), 'lading-keys-'))
  process.once('exit', () => rmSync(ofKeys, { recursive: true }))
  return { ...given, data: { directory: ofKeys } }
}
