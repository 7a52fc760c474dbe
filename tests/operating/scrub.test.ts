/** The background scrub of a server: what it finds, what it tells, and that it goes on where it was. */

import { open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OssClient } from '@lading/client/node'
import { formatMetrics, type RunningServer } from '@lading/server'
import { expect, onTestFinished, test } from 'vitest'
import { KEY_PAIR, serveProcess, workersOf } from '../support/serve-process.ts'
import { startServer } from '../support/server.ts'
import { blobFiles, temporaryDirectory } from '../support/temporary.ts'
import { until } from '../support/until.ts'

type Line = Readonly<Record<string, unknown>>

async function serve(
  directory: string,
  scrubRate: number,
): Promise<{ server: RunningServer; lines: Line[] }> {
  const lines: Line[] = []
  const server = await startServer({
    data: { directory },
    credentials: [KEY_PAIR],
    metrics: true,
    scrubRate,
    log: { write: (line) => lines.push(JSON.parse(line) as Line) },
  })
  onTestFinished(() => server.close({ graceMs: 0 }))
  return { server, lines }
}

async function store(directory: string, first = 100_000): Promise<void> {
  const { server } = await serve(directory, 0)
  const client = new OssClient({ endpoint: server.url, credentials: KEY_PAIR })
  await client.putBucket({ bucket: 'films' })
  for (const [key, size] of [
    ['a', first],
    ['b', 100_000],
  ] as const) {
    await client.putObject({ bucket: 'films', key, body: Buffer.alloc(size, key) })
  }
  await client.close()
  await server.close()
}

test('a byte that flipped is told in the log and counted, and nothing is deleted', async () => {
  const directory = await temporaryDirectory()
  await store(directory)
  const [name = ''] = await blobFiles(directory)
  const path = join(directory, 'blobs', name.slice(0, 2), name)
  const file = await open(path, 'r+')
  await file.write('!', 5_000)
  await file.close()
  const { server, lines } = await serve(directory, 1e12)
  await until(() => lines.some(({ msg }) => msg === 'the scrub has read everything'))
  expect(lines).toContainEqual(
    expect.objectContaining({
      level: 'warn',
      kind: 'damaged',
      what: expect.stringMatching(/films/),
    }),
  )
  const page = await formatMetrics([await server.metrics()])
  expect(page).toContain('lading_scrub_findings_total{problem="damaged"} 1\n')
  // Of the damaged one not a byte is sound: it is shorter than a block.
  expect(page).toContain('lading_scrubbed_bytes_total 100000\n')
  expect((await readFile(path)).length).toBe(100_004)
})

test('a server that starts again goes on where the last one was', async () => {
  const directory = await temporaryDirectory()
  await store(directory)
  const position = { bucket: 'films', of: 'objects', key: 'a', id: 'null' }
  await writeFile(join(directory, 'scrub.json'), JSON.stringify(position))
  const { server, lines } = await serve(directory, 1e12)
  await until(() => lines.some(({ msg }) => msg === 'the scrub has read everything'))
  const page = await formatMetrics([await server.metrics()])
  expect(page).toContain('lading_scrubbed_bytes_total 100000\n')
})

test('a server that is closed in the middle of a pass keeps where it was', async () => {
  const directory = await temporaryDirectory()
  await store(directory, 10)
  // The first object takes a moment, and the second a hundred seconds.
  const { server } = await serve(directory, 1_000)
  const scrubbed = async () => await formatMetrics([await server.metrics()])
  await until(async () => (await scrubbed()).includes('lading_scrubbed_bytes_total 100010\n'))
  await server.close({ graceMs: 0 })
  const kept = await readFile(join(directory, 'scrub.json'), 'utf8')
  expect(JSON.parse(kept)).toEqual({ bucket: 'films', of: 'objects', key: 'a', id: 'null' })
})

test('without being asked for nothing is read', async () => {
  const directory = await temporaryDirectory()
  await store(directory)
  const { server } = await serve(directory, 0)
  expect(await formatMetrics([await server.metrics()])).toContain('lading_scrubbed_bytes_total 0\n')
})

test('of two workers one reads for both, and another one when they have to be replaced', async () => {
  const directory = await temporaryDirectory()
  await store(directory)
  const args = ['--workers', '2', '--scrub-rate', '1g', '--admin-port', '0', '--log']
  const server = await serveProcess(directory, { args })
  onTestFinished(() => server.kill())
  const [, admin = ''] = /health and metrics on (\S+)/.exec(server.stderr()) ?? []
  const page = async (): Promise<string> => await (await fetch(`${admin}/-/metrics`)).text()
  const passes = (): number => server.stderr().split('the scrub has read everything').length - 1
  for (const expected of [1, 2]) {
    await until(async () => passes() >= expected && (await page()).includes('lading_workers 2\n'))
    expect(await page()).toContain('lading_scrubbed_bytes_total 200000\n')
    expect(passes()).toBe(expected)
    if (expected === 1) for (const pid of await workersOf(server)) process.kill(pid, 'SIGKILL')
  }
})
