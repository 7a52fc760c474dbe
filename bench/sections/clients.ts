/** What uploading and downloading costs a client, and how long it takes. */

import {
  type Bench,
  emptied,
  GiB,
  inDirectory,
  interleaved,
  MiB,
  makeFile,
  perGiB,
  startLading,
  startS3rver,
  startSink,
  transferOnce,
} from '../bench.ts'
import { compared } from '../compared.ts'
import { atMost, type Group } from '../report.ts'
import type { Transferred } from '../workers/client.ts'

export async function clients(bench: Bench): Promise<void> {
  const size = bench.quick ? 256 * MiB : GiB
  const file = inDirectory(bench, 'file')
  await makeFile(file, size)
  await toSink(bench, file, size)
  await toServers(bench, file, size)
}

async function toSink(bench: Bench, file: string, size: number): Promise<void> {
  const named = `${size / MiB} MiB in 8 MiB parts, 5 at a time, to a sink that drops them`
  const group = bench.group(`Client: ${named}`)
  const sink = await startSink({ kind: 'drop' })
  const transfer = { port: sink.port, file, size }
  const results = await interleaved(bench.quick ? 2 : 5, {
    ours: () => transferOnce('lading', 'upload', transfer),
    strict: () => transferOnce('lading', 'upload', { ...transfer, verify: 'strict' }),
    off: () => transferOnce('lading', 'upload', { ...transfer, verify: 'off' }),
    aliOss: () => transferOnce('ali-oss', 'upload', transfer),
    floor: () => transferOnce('floor', 'upload', transfer),
  })
  // lib-storage is several times as slow: fewer rounds of it.
  const others = await interleaved(bench.quick ? 1 : 2, {
    libStorage: () => transferOnce('lib-storage', 'upload', transfer),
    command: () => transferOnce('command', 'upload', transfer),
  })
  await sink.child.stop()

  group.ratio(
    'CPU, `upload()` with every part and the object proved by MD5, against `ali-oss`, which proves nothing',
    cpu(results.ours),
    cpu(results.aliOss),
    { bound: atMost(0.7) },
  )
  group.ratio(
    "CPU, the same with the CRC-64 of `verify: 'strict'`, against `ali-oss`",
    cpu(results.strict),
    cpu(results.aliOss),
    { bound: atMost(0.9) },
  )
  group.ratio('wall, `upload()` against `ali-oss`', wall(results.ours), wall(results.aliOss), {
    bound: atMost(0.8),
  })
  costs(group, 'lading', results.ours, size)
  costs(group, "lading, `verify: 'strict'`", results.strict, size)
  costs(group, "lading, `verify: 'off'`", results.off, size)
  costs(group, '`lading cp`, the whole command', others.command, size)
  costs(group, '`ali-oss`', results.aliOss, size)
  costs(group, '`@aws-sdk/lib-storage`', others.libStorage, size)
  costs(group, 'floor: `node:http`, nothing hashed', results.floor, size)
  bench.compare(compared('lading cp', others.command, size))
  bench.compare(compared('ali-oss', results.aliOss, size))
  bench.compare(compared('lib-storage', others.libStorage, size))
}

async function toServers(bench: Bench, file: string, size: number): Promise<void> {
  const group = bench.group('Client and server together: the same file, each part and row durable')
  const data = inDirectory(bench, 'data')
  const server = await startLading({ directory: data, blobs: 'durable' })
  const transfer = { port: server.port, file, size }
  const upload = (kind: 'lading' | 'ali-oss') => async () => {
    await server.child.ask('count')
    const client = await transferOnce(kind, 'upload', transfer)
    const { cpuMs } = await server.child.ask<{ cpuMs: number }>('use')
    return client && { ...client, serverMs: cpuMs }
  }
  const uploads = await interleaved(bench.quick ? 2 : 3, {
    ours: upload('lading'),
    aliOss: upload('ali-oss'),
  })
  group.ratio(
    'wall, `upload()` against `ali-oss`, to our server',
    wall(uploads.ours),
    wall(uploads.aliOss),
    { bound: atMost(1) },
  )
  group.add('wall, `upload()` to our server', 's', seconds(uploads.ours))
  group.add('wall, `ali-oss` to our server', 's', seconds(uploads.aliOss))
  const s3rver = await startS3rver(inDirectory(bench, 's3rver'))
  if (s3rver) {
    const theirs = await transferOnce('lib-storage', 'upload', { ...transfer, port: s3rver.port })
    group.add('wall, `lib-storage` to `s3rver`, nothing durable', 's', seconds([theirs]))
    await s3rver.child.stop()
  }

  const downloads = await interleaved(bench.quick ? 2 : 3, {
    ours: download(server, 'lading', transfer),
    aliOss: download(server, 'ali-oss', transfer),
  })
  await server.child.stop()
  await emptied(data)
  const received = bench.group('Download: the same object, to nowhere')
  received.ratio(
    'CPU of the client, proved by CRC-64, against `ali-oss`, which proves nothing',
    cpu(downloads.ours),
    cpu(downloads.aliOss),
  )
  received.ratio('wall, against `ali-oss`', wall(downloads.ours), wall(downloads.aliOss))
  costs(received, 'lading', downloads.ours, size)
  costs(received, '`ali-oss`', downloads.aliOss, size)
  received.add(
    'CPU of the server, GetObject',
    's/GiB',
    downloads.aliOss.flatMap((taken) => (taken ? [perGiB(taken.serverMs, size)] : [])),
  )
}

function download(
  server: Awaited<ReturnType<typeof startLading>>,
  kind: 'lading' | 'ali-oss',
  transfer: Parameters<typeof transferOnce>[2],
) {
  return async () => {
    await server.child.ask('count')
    const client = await transferOnce(kind, 'download', transfer)
    const { cpuMs } = await server.child.ask<{ cpuMs: number }>('use')
    return client && { ...client, serverMs: cpuMs }
  }
}

type Results = readonly (Transferred | undefined)[]

function cpu(results: Results): number[] {
  return results.flatMap((taken) => (taken ? [taken.cpuMs] : []))
}

function wall(results: Results): number[] {
  return results.flatMap((taken) => (taken ? [taken.wallMs] : []))
}

function seconds(results: Results): number[] {
  return wall(results).map((ms) => ms / 1000)
}

function costs(group: Group, name: string, results: Results, size: number): void {
  group.add(
    `${name}: CPU`,
    's/GiB',
    cpu(results).map((ms) => perGiB(ms, size)),
    { remark: rate(results, size) },
  )
}

function rate(results: Results, size: number): string | undefined {
  const times = wall(results)
  if (times.length === 0) return undefined
  const best = Math.min(...times)
  const peak = Math.max(...results.map((taken) => taken?.peakRss ?? 0))
  return `best ${Math.round(size / 1000 / best)} MB/s; peak resident ${Math.round(peak / MiB)} MiB`
}
