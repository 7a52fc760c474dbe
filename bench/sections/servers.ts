/** What taking bodies in costs a server. */

import { join } from 'node:path'
import {
  type Bench,
  emptied,
  GiB,
  inDirectory,
  interleaved,
  MiB,
  perGiB,
  type RunningChild,
  startLading,
  startS3rver,
  startSink,
  withoutBlobs,
} from '../bench.ts'
import { Child } from '../child.ts'
import { atMost, type Group } from '../report.ts'
import type { Use } from '../workers/answer-asks.ts'

interface Cost extends Use {
  readonly wallMs: number
}

export async function servers(bench: Bench): Promise<void> {
  const load = Child.start('./workers/load.js')
  const bytes = bench.quick ? 256 * MiB : GiB
  const rounds = bench.quick ? 2 : 3
  try {
    for (const uploads of bench.quick ? [4] : [4, 8]) {
      await dropping(bench, load, { uploads, bytes, rounds })
    }
    await writing(bench, load, { uploads: 4, bytes, rounds })
    await oneByOne(bench, load, { bytes, rounds })
  } finally {
    await load.stop()
  }
}

interface Amount {
  readonly uploads: number
  readonly bytes: number
  readonly rounds: number
}

async function dropping(
  bench: Bench,
  load: Child,
  { uploads, bytes, rounds }: Amount,
): Promise<void> {
  const named = `${uploads} uploads at a time, ${bytes / MiB} MiB in all, bytes dropped`
  const group = bench.group(`Server: ${named}`)
  const ours = await startLading({ blobs: 'dropped' })
  const plain = await startSink({ kind: 'sums' })
  const sink = await startSink({ kind: 'drop' })
  const variants = {
    ours: () => taken(load, ours, { uploads, bytes, signed: true }),
    plain: () => taken(load, plain, { uploads, bytes }),
    sink: () => taken(load, sink, { uploads, bytes }),
  }
  await interleaved(1, variants)
  const results = await interleaved(rounds, variants)
  group.ratio(
    'CPU, MD5 + CRC-64, against a straightforward server with both sums',
    cpu(results.ours),
    cpu(results.plain),
    { bound: atMost(0.65) },
  )
  group.ratio('CPU, against the sink that drops', cpu(results.ours), cpu(results.sink))
  costs(group, 'lading', results.ours, bytes)
  costs(group, 'straightforward: `node:crypto` + `hash-wasm`', results.plain, bytes)
  costs(group, 'sink', results.sink, bytes)
  await Promise.all([ours, plain, sink].map(({ child }) => child.stop()))
}

async function writing(
  bench: Bench,
  load: Child,
  { uploads, bytes, rounds }: Amount,
): Promise<void> {
  const group = bench.group(
    `Server: ${uploads} uploads at a time, ${bytes / MiB} MiB in all, written and durable`,
  )
  const at = (name: string): string => inDirectory(bench, name)
  const ours = await startLading({ directory: at('ours'), blobs: 'durable' })
  const plain = await startSink({ kind: 'sums-files', directory: at('plain') })
  const files = await startSink({ kind: 'files', directory: at('files') })
  const sink = await startSink({ kind: 'drop' })
  const alone = async (server: RunningChild, { signed = false } = {}): Promise<Cost> => {
    const cost = await taken(load, server, { uploads, bytes, signed })
    await withoutBlobs(bench.directory)
    return cost
  }
  const variants = {
    ours: () => alone(ours, { signed: true }),
    plain: () => alone(plain),
    files: () => alone(files),
    sink: () => alone(sink),
  }
  await interleaved(1, variants)
  const results = await interleaved(rounds, variants)
  group.ratio(
    'CPU, MD5 + CRC-64 + durable, against a straightforward server writing the same files',
    cpu(results.ours),
    cpu(results.plain),
    { bound: atMost(0.7) },
  )
  group.ratio('CPU, against the sink that drops', cpu(results.ours), cpu(results.sink))
  group.ratio('CPU, sink + files alone, against the sink', cpu(results.files), cpu(results.sink))
  costs(group, 'lading', results.ours, bytes)
  costs(group, 'straightforward, the same files', results.plain, bytes)
  costs(group, 'sink + files, nothing hashed', results.files, bytes)
  await Promise.all([ours, plain, files, sink].map(({ child }) => child.stop()))

  const s3rver = await startS3rver(join(bench.directory, 's3rver'))
  if (s3rver) {
    const theirs = await taken(load, s3rver, { uploads, bytes }).catch((error: Error) => error)
    await s3rver.child.stop()
    if (theirs instanceof Error) group.add('`s3rver`: CPU', 's/GiB', [], { remark: theirs.message })
    else costs(group, '`s3rver`, MD5, nothing synced', [theirs], bytes)
  }
  await emptied(bench.directory)
}

/** A lone upload has no company in the lanes. */
async function oneByOne(
  bench: Bench,
  load: Child,
  { bytes, rounds }: Omit<Amount, 'uploads'>,
): Promise<void> {
  const group = bench.group(`Server: one upload at a time, ${bytes / MiB} MiB, bytes dropped`)
  const ours = await startLading({ blobs: 'dropped' })
  const plain = await startSink({ kind: 'sums' })
  const variants = (bytes: number) => ({
    ours: () => taken(load, ours, { uploads: 1, bytes, signed: true }),
    plain: () => taken(load, plain, { uploads: 1, bytes }),
  })
  await interleaved(1, variants(128 * MiB))
  const results = await interleaved(rounds, variants(bytes))
  group.ratio(
    'CPU, MD5 + CRC-64, against a straightforward server with both sums',
    cpu(results.ours),
    cpu(results.plain),
  )
  costs(group, 'lading', results.ours, bytes)
  costs(group, 'straightforward', results.plain, bytes)
  await Promise.all([ours, plain].map(({ child }) => child.stop()))
}

async function taken(
  load: Child,
  { child, port }: RunningChild,
  { uploads, bytes, signed = false }: { uploads: number; bytes: number; signed?: boolean },
): Promise<Cost> {
  await child.ask('count')
  const wallMs = await load.ask<number>('uploads', {
    port,
    signed,
    uploads,
    bytes,
    partSize: 8 * MiB,
  })
  return { wallMs, ...(await child.ask<Use>('use')) }
}

function cpu(results: readonly Cost[]): number[] {
  return results.map(({ cpuMs }) => cpuMs)
}

function costs(group: Group, name: string, results: readonly Cost[], bytes: number): void {
  const best = Math.min(...results.map(({ wallMs }) => wallMs))
  const delay = Math.max(...results.map(({ delayP99Ms }) => delayP99Ms))
  group.add(
    `${name}: CPU`,
    's/GiB',
    cpu(results).map((ms) => perGiB(ms, bytes)),
    {
      remark: `best ${Math.round(bytes / 1000 / best)} MB/s; loop delay p99 ${delay.toFixed(0)} ms`,
    },
  )
}
