/** What everybody else notices of slow clients, of hostile ones, and of a very full bucket. */

import { type Bench, inDirectory, startLading } from '../bench.ts'
import { Child } from '../child.ts'
import { atMost, type Group, median, percentile } from '../report.ts'
import type { Use } from '../workers/answer-asks.ts'
import type { Rate } from '../workers/load.ts'
import { loadMetadataStore } from '../workers/server-internals.ts'

const SLOW = 500

export async function strain(bench: Bench): Promise<void> {
  const group = bench.group('Under strain')
  await crowded(bench, group)
  await fullBucket(bench, group)
}

async function crowded(bench: Bench, group: Group): Promise<void> {
  const { child, port } = await startLading({
    directory: inDirectory(bench, 'data'),
    blobs: 'durable',
  })
  const load = Child.start('./workers/load.js')
  const crowd = Child.start('./workers/crowd.js')
  const p99 = async (): Promise<number> => {
    const work = { port, clients: 16, partSize: 10_000, ms: bench.quick ? 1_000 : 4_000 }
    const { latencies } = await load.ask<Rate>('objects', { ...work, read: true })
    return percentile(latencies, 0.99)
  }
  await load.ask('objects', { port, clients: 16, partSize: 10_000, ms: 1_000, read: false })
  const alone: number[] = []
  const beside: number[] = []
  for (let round = 0; round < (bench.quick ? 2 : 5); round += 1) {
    alone.push(await p99())
    await crowd.ask('hold', { port, clients: SLOW })
    beside.push(await p99())
    const held = await crowd.ask<number>('release')
    if (held < SLOW) throw new Error(`Only ${held} slow clients were held to the end.`)
  }
  group.ratio(`p99 of others beside ${SLOW} slow clients, to that without`, beside, alone, {
    bound: atMost(2),
    remark: `${median(alone).toFixed(1)} ms without`,
  })

  // Not what the slow ones left to be cleared away.
  await p99()
  await child.ask('count')
  await crowd.ask('hostile', { port, rounds: bench.quick ? 1 : 5 })
  const { delayMaxMs } = await child.ask<Use>('use')
  group.add('the longest turn while documents of 2 MiB are refused', 'ms', [delayMaxMs], {
    bound: atMost(100),
  })
  await Promise.all([load, crowd, child].map((one) => one.stop()))
}

/** Pages of a bucket of a thousand and of one of a million, made through the port. */
async function fullBucket(bench: Bench, group: Group): Promise<void> {
  const load = Child.start('./workers/load.js')
  const pages: Record<'objects' | 'uploads', number[][]> = { objects: [], uploads: [] }
  const [objects, uploads] = bench.quick ? [100_000, 10_000] : [1_000_000, 100_000]
  for (const many of [
    { objects: 1_000, uploads: 1_000 },
    { objects, uploads },
  ]) {
    const directory = inDirectory(bench, `objects-${many.objects}`)
    const first = await startLading({ directory, blobs: 'durable' })
    await first.child.stop()
    await fill(directory, many)
    const { child, port } = await startLading({ directory, blobs: 'durable' })
    const ask = (query: Record<string, string>): Promise<number[]> =>
      load.ask<number[]>('pages', { port, count: 200, query })
    await ask({ delimiter: '/' })
    pages.objects.push(await ask({ delimiter: '/', 'max-keys': '1000' }))
    pages.uploads.push(await ask({ uploads: '', 'max-uploads': '1000' }))
    await child.stop()
  }
  for (const [what, count] of [
    ['objects', objects],
    ['uploads', uploads],
  ] as const) {
    const [few = [], many = []] = pages[what]
    group.ratio(
      `a page of ${count.toLocaleString('en')} ${what}, to one of 1,000`,
      [median(many)],
      [median(few)],
      { bound: atMost(1.5), remark: `${median(few).toFixed(1)} ms of 1,000` },
    )
  }
  await load.stop()
}

/** Changes on their way at once; they share a commit. */
const TOGETHER = 20_000

async function fill(
  directory: string,
  { objects, uploads }: { readonly objects: number; readonly uploads: number },
): Promise<void> {
  const metadata = await (await loadMetadataStore()).open({ directory: `${directory}/meta` })
  const modifiedAt = new Date()
  const attributes = {
    contentType: 'text/plain',
    headers: {},
    userMetadata: {},
    storageClass: 'Standard',
  }
  const inBatches = async (count: number, put: (key: string) => Promise<unknown>) => {
    for (let at = 0; at < count; at += TOGETHER) {
      const length = Math.min(TOGETHER, count - at)
      const keys = Array.from({ length }, (_, n) => `folder-${(at + n) % 10}/${at + n}`)
      await Promise.all(keys.map(put))
    }
  }
  const bucket = 'bench'
  await inBatches(objects, (key) =>
    metadata.putObject({
      ...{ bucket, key, type: 'Normal', size: 0, crc64: 0n, md5: undefined, modifiedAt },
      ...{ etag: 'D41D8CD98F00B204E9800998ECF8427E', attributes, manifest: [] },
    }),
  )
  await inBatches(uploads, (key) =>
    metadata.createUpload({ bucket, key, initiatedAt: modifiedAt, attributes }),
  )
  await metadata.close()
}
