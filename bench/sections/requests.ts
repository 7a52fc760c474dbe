/** How long single requests take, and how many of them are done in a second. */

import {
  type Bench,
  emptied,
  inDirectory,
  interleaved,
  KiB,
  type RunningChild,
  startLading,
} from '../bench.ts'
import { Child } from '../child.ts'
import { atMost, type Group } from '../report.ts'
import type { Use } from '../workers/answer-asks.ts'
import type { Rate } from '../workers/load.ts'

const PART = 100 * KiB

export async function requests(bench: Bench): Promise<void> {
  const load = Child.start('./workers/load.js')
  try {
    await rates(bench, load)
    await smallObjects(bench, load)
    await latencies(bench, load)
  } finally {
    await load.stop()
  }
}

async function rates(bench: Bench, load: Child): Promise<void> {
  const group = bench.group(
    'Parts of 100 KiB: each durable before it is answered, and what syncs cost',
  )
  const ms = bench.quick ? 600 : 1500
  const durable = await startLading({ directory: inDirectory(bench, 'durable'), blobs: 'durable' })
  const unsynced = await startLading({ directory: inDirectory(bench, 'un'), blobs: 'unsynced' })
  const measure =
    ({ port }: RunningChild, clients: number) =>
    (): Promise<Rate> =>
      load.ask<Rate>('parts', { port, clients, partSize: PART, ms })
  for (const clients of [1, 16, 64]) {
    const results = await interleaved(bench.quick ? 2 : 3, {
      durable: measure(durable, clients),
      unsynced: measure(unsynced, clients),
    })
    const named = clients === 1 ? '1 client' : `${clients} clients`
    const perSecond = (rates: readonly Rate[]): number[] => rates.map(({ perSecond }) => perSecond)
    group.add(`${named}, durable`, '/s', perSecond(results.durable))
    group.add(`${named}, files not synced (rows are)`, '/s', perSecond(results.unsynced))
    group.latencies(
      `UploadPart, ${named}, durable`,
      results.durable.flatMap(({ latencies }) => latencies),
    )
  }
  await Promise.all([durable, unsynced].map(({ child }) => child.stop()))
  await emptied(inDirectory(bench, 'durable'))
  await emptied(inDirectory(bench, 'un'))
}

async function smallObjects(bench: Bench, load: Child): Promise<void> {
  const group = bench.group('Small objects, 16 clients, each durable before it is answered')
  const ms = bench.quick ? 400 : 1500
  const server = await startLading({ directory: inDirectory(bench, 'small'), blobs: 'durable' })
  const { port } = server
  for (const size of [1, 4, 16, 64]) {
    const common = { port, clients: 16, partSize: size * KiB, ms }
    const put = await load.ask<Rate>('objects', { ...common, read: false })
    const got = await load.ask<Rate>('objects', { ...common, read: true })
    group.add(`PutObject of ${size} KiB`, '/s', [put.perSecond])
    group.add(`GetObject of ${size} KiB`, '/s', [got.perSecond])
  }
  await server.child.stop()
  await emptied(inDirectory(bench, 'small'))
}

/** Complete moves no bytes, so that the parts are put by a server that hashes them and drops them. */
async function latencies(bench: Bench, load: Child): Promise<void> {
  const group = bench.group('Latency of single requests, one client, durable')
  const directory = inDirectory(bench, 'latencies')
  const times = bench.quick ? [20, 10, 3, 2] : [100, 30, 10, 6]
  const counts = [1, 100, 1000, 10_000].map((count, at): [parts: number, times: number] => [
    count,
    times[at] ?? 1,
  ])
  const filling = await startLading({ directory, blobs: 'dropped' })
  const filled = new Map<number, { readonly key: string; readonly uploadId: string }[]>()
  for (const [count, times] of counts) {
    const uploads = []
    for (let at = 0; at < times; at += 1) {
      const key = `filled/${count}/${at}`
      const input = { port: filling.port, key, count }
      uploads.push({ key, uploadId: await load.ask<string>('fill', input) })
    }
    filled.set(count, uploads)
  }
  await filling.child.stop()

  const server = await startLading({ directory, blobs: 'durable' })
  const { port } = server
  const many = bench.quick ? 200 : 1000
  const { latencies } = await load.ask<{ latencies: number[] }>('initiate', {
    port,
    count: many,
    prefix: 'open/',
  })
  group.latencies('InitiateMultipartUpload', latencies.slice(10))
  await pages(group, load, port, filled.get(10_000)?.at(0))

  for (const [count, times] of counts) {
    const took: number[] = []
    const stalls: number[] = []
    for (const upload of filled.get(count) ?? []) {
      await server.child.ask('count')
      took.push(await load.ask<number>('complete', { port, count, ...upload }))
      stalls.push((await server.child.ask<Use>('use')).delayMaxMs)
    }
    // The first of its kind is compiled on the way.
    const counted = took.length > 3 ? took.slice(1) : took
    const isMost = count === 10_000
    group.latencies(
      `Complete of ${count.toLocaleString('en')} part${count === 1 ? '' : 's'}`,
      counted,
      isMost ? atMost(80) : undefined,
    )
    if (isMost) {
      group.add(`the longest turn of the event loop meanwhile`, 'ms', stalls, {
        bound: atMost(20),
        remark: `of ${times} Completes`,
      })
    }
  }
  await server.child.stop()
}

async function pages(
  group: Group,
  load: Child,
  port: number,
  upload: { readonly key: string; readonly uploadId: string } | undefined,
): Promise<void> {
  const query = { 'max-uploads': '1000', uploads: '' }
  const uploads = await load.ask<number[]>('pages', { port, count: 30, query })
  group.latencies('ListMultipartUploads, a page of 1,000', uploads)
  if (!upload) return
  const { key, uploadId } = upload
  const parts = await load.ask<number[]>('pages', {
    port,
    count: 30,
    key,
    query: { uploadId, 'part-number-marker': '5000' },
  })
  group.latencies('ListParts, a page of 1,000 among 10,000', parts)
}
