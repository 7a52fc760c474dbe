import { expect, onTestFinished, test } from 'vitest'
import type { Survey } from '../ports/metadata-store.ts'
import { type AccessEntry, createLog } from './log.ts'
import { formatSnapshots, ServerMetrics } from './metrics.ts'

const survey: Survey = {
  openUploads: 3,
  openUploadBytes: 3_000,
  staleUploads: 1,
  staleUploadBytes: 1_000,
  garbageItems: 7,
}

function measure(change: { survey?: () => Promise<Survey>; freeBytes?: number } = {}) {
  const metrics = new ServerMetrics({
    version: '1.2.3',
    survey: change.survey ?? (async () => survey),
    freeBytes: async () => change.freeBytes ?? 5_000,
    reserve: 100,
  })
  onTestFinished(() => metrics.close())
  return metrics
}

function entry(change: Partial<AccessEntry>): AccessEntry {
  return {
    requestId: 'A',
    remote: undefined,
    method: 'PUT',
    target: '/',
    host: undefined,
    userAgent: undefined,
    status: 200,
    bytesIn: 0,
    bytesOut: 0,
    durationMs: 7,
    aborted: false,
    ...change,
  }
}

/** The page's lines that begin with `name`, without it. */
async function lines(name: string, ...all: readonly ServerMetrics[]): Promise<string[]> {
  const page = await formatSnapshots(await Promise.all(all.map((one) => one.snapshot())))
  return page
    .split('\n')
    .filter((line) => line.startsWith(name))
    .map((line) => line.slice(name.length))
}

test('requests are counted by operation and class of status, with bytes and time', async () => {
  const metrics = measure()
  const log = metrics.counting(createLog(undefined))
  log.request(entry({ operation: 'PutObject', bytesIn: 10 }))
  log.request(entry({ operation: 'PutObject', bytesIn: 5, durationMs: 700 }))
  log.request(entry({ operation: 'GetObject', status: 404, bytesOut: 300 }))
  log.request(entry({ status: 500, fault: new Error('ours') }))
  expect(await lines('lading_requests_total', metrics)).toEqual([
    '{operation="PutObject",status="2xx"} 2',
    '{operation="GetObject",status="4xx"} 1',
    '{operation="none",status="5xx"} 1',
  ])
  expect(await lines('lading_faults_total', metrics)).toEqual(['{operation="none"} 1'])
  expect(await lines('lading_received_bytes_total{operation="PutObject"}', metrics)).toEqual([
    ' 15',
  ])
  expect(await lines('lading_sent_bytes_total{operation="GetObject"}', metrics)).toEqual([' 300'])
  const latency = 'lading_request_duration_seconds_bucket'
  const puts = (await lines(latency, metrics)).filter((line) => line.includes('PutObject'))
  expect(puts.find((line) => line.includes('le="0.01"'))).toMatch(/ 1$/)
  expect(puts.find((line) => line.includes('le="1"'))).toMatch(/ 2$/)
})

test('counts of several processes are added, and what all of them see is not', async () => {
  const both = [measure(), measure({ freeBytes: 4_000 })]
  for (const metrics of both) {
    metrics.counting(createLog(undefined)).request(entry({ operation: 'PutObject' }))
  }
  expect(await lines('lading_requests_total', ...both)).toEqual([
    '{operation="PutObject",status="2xx"} 2',
  ])
  expect(await lines('lading_workers', ...both)).toEqual([' 2'])
  expect(await lines('lading_open_uploads', ...both)).toEqual([' 3'])
  expect(await lines('lading_stale_upload_bytes', ...both)).toEqual([' 1000'])
  expect(await lines('lading_garbage_items', ...both)).toEqual([' 7'])
  expect(await lines('lading_free_bytes', ...both)).toEqual([' 4000'])
  expect(await lines('lading_build_info', ...both)).toEqual([
    `{version="1.2.3",node="${process.version}"} 1`,
  ])
})

test('a survey is made for many readers, and a failed one does not take the page away', async () => {
  let surveys = 0
  let fails = true
  const metrics = measure({
    survey: async () => {
      surveys += 1
      if (fails) throw new Error('the store has failed')
      return survey
    },
  })
  expect(await lines('lading_workers', metrics)).toEqual([' 1'])
  fails = false
  expect(await lines('lading_open_uploads', metrics)).toEqual([' 3'])
  const asked = surveys
  await lines('lading_open_uploads', metrics)
  expect(surveys).toBe(asked)
})
