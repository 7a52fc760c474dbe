import type { HttpRequest, HttpResponse, Transport } from '@lading/client'
import { expect, test } from 'vitest'
import { watched, watchParts } from './part-watch.ts'

const answer: HttpResponse = { status: 200, headers: new Map(), body: nothing() }

async function* nothing(): AsyncGenerator<Uint8Array, void, void> {}

function put(partNumber: number): HttpRequest {
  return {
    method: 'PUT',
    origin: 'http://127.0.0.1:1',
    path: `/films/a.mov?partNumber=${partNumber}&uploadId=A`,
    headers: new Map(),
    body: { size: 8, replayable: true, open: nothing },
  }
}

test('parts that left before anybody watched are told to whoever does, and others no more', async () => {
  const answers: (() => void)[] = []
  const transport: Transport = {
    hidesHeaders: true,
    exchange: () => new Promise((resolve) => answers.push(() => resolve(answer))),
    close: async () => {},
  }
  const told: string[] = []
  const listener = {
    began: (partNumber: number, size: number | undefined) => told.push(`${partNumber}: ${size}`),
    failed: (partNumber: number) => told.push(`${partNumber} failed`),
  }
  const { exchange, hidesHeaders } = watched(transport)
  const options = { idleTimeoutMs: 1, signal: undefined }
  const first = exchange(put(1), options)
  const second = exchange(put(2), options)
  answers[0]?.()
  await first
  const unwatch = watchParts('A', listener)
  expect(told).toEqual(['2: 8'])
  const third = exchange(put(3), options)
  unwatch()
  void exchange(put(4), options)
  expect(told).toEqual(['2: 8', '3: 8'])
  for (const give of answers) give()
  await Promise.all([second, third])
  expect(hidesHeaders).toBe(true)
})
