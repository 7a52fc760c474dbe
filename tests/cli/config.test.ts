import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Bench, bench, eventsOf } from './lading.ts'
import { hasTerminal, openTerminal } from './terminal.ts'

const bare = { OSS_ENDPOINT: '', OSS_ACCESS_KEY_ID: '', OSS_ACCESS_KEY_SECRET: '' }

function flagsOf({ server }: Bench): string[] {
  const { accessKeyId, accessKeySecret } = server.credentials
  return ['-e', server.url, '-i', accessKeyId, '-k', accessKeySecret]
}

test('config writes what every other command then reads, for nobody else to read', async () => {
  const table = await bench()
  const { run, directory } = table
  const file = join(directory, '.ossutilconfig')
  await writeFile(file, '[other]\nkept = yes\n', { mode: 0o644 })
  const written = await run(['config', ...flagsOf(table)], { env: bare })
  expect(written).toMatchObject({ status: 0, stderr: 'Try it with: lading ls\n' })
  expect(written.stdout.toString()).toBe(`wrote [default] to ${file}\n`)
  expect(await run(['ls'], { env: bare })).toMatchObject({ status: 0 })
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await readFile(file, 'utf8')).toContain('[other]\nkept = yes\n')

  const local = await run(['config', ...flagsOf(table), '--profile', 'local', '--json'])
  expect(eventsOf(local)).toMatchObject([{ event: 'configured', section: 'profile local' }])
  expect(local.stdout.toString()).not.toContain(table.server.credentials.accessKeySecret)
  expect(await run(['ls', '--profile', 'local'], { env: bare })).toMatchObject({ status: 0 })
})

test('config that nobody can answer says which flags it wants', async () => {
  const { run } = await bench({ bucket: false })
  expect(await run(['config', '-e', 'http://h'])).toMatchObject({
    status: 2,
    stderr:
      'lading: nobody is there to ask for the access key id, the access key secret\n  Give --endpoint, --access-key-id and --access-key-secret.\n',
  })
})

test.skipIf(!hasTerminal)('config asks in a terminal, and does not show the secret', async () => {
  const table = await bench()
  const { server, run } = table
  const terminal = openTerminal(table, ['config'])
  await terminal.shows('Endpoint: ')
  terminal.type(`${server.url}\r`)
  await terminal.shows('Access key id: ')
  terminal.type(`${server.credentials.accessKeyId}\r`)
  await terminal.shows('Access key secret: ')
  terminal.type(`${server.credentials.accessKeySecret}\r`)
  expect(await terminal.ended).toBe(0)
  expect(terminal.screen()).not.toContain(server.credentials.accessKeySecret)
  expect(await run(['ls'], { env: bare })).toMatchObject({ status: 0 })
})
