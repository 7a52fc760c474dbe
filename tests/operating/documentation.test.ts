/** What docs/operating.md says, held against what the server does. */

import { readFile } from 'node:fs/promises'
import { formatMetrics } from '@lading/server'
import { expect, onTestFinished, test } from 'vitest'
import { startServer } from '../support/server.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const page = await readFile(new URL('../../docs/operating.md', import.meta.url), 'utf8')

test('the table of metrics names all of them, each with its kind, and no other', async () => {
  const server = await startServer({
    data: { directory: await temporaryDirectory() },
    metrics: true,
  })
  onTestFinished(() => server.close())
  const text = await formatMetrics([await server.metrics()])
  const told = [...page.matchAll(/^\| `(lading_\w+)` \| (\w+) \|/gm)].map(([, name, kind]) => {
    return `${name} ${kind}`
  })
  const measured = [...text.matchAll(/^# TYPE (lading_\w+) (\w+)$/gm)].map(([, name, kind]) => {
    return `${name} ${kind}`
  })
  expect(told.length).toBeGreaterThan(10)
  expect(told.sort()).toEqual(measured.sort())
})

test('the fields of the access log that it names are those that a line has', async () => {
  const lines: string[] = []
  const server = await startServer({ log: { write: (line) => lines.push(line) } })
  onTestFinished(() => server.close())
  await fetch(`${server.url}/films/a?partNumber=1&uploadId=u`)
  const [line = '{}'] = lines
  const [, list = ''] = /Fields: ([^.]*)\./.exec(page) ?? []
  const told = [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name)
  const written = Object.keys(JSON.parse(line)).filter((name) => name !== 'msg')
  expect(written.filter((name) => !told.includes(name))).toEqual([])
})
