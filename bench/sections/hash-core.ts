/** The sums themselves, without a socket or a file. */

import { type Bench, interleaved, MiB, perGiB } from '../bench.ts'
import { Child } from '../child.ts'
import { atLeast, atMost } from '../report.ts'

const ROUND = 4 * 8 * MiB

export async function hashCore(bench: Bench): Promise<void> {
  const group = bench.group('Hash core')
  const worker = Child.start('./workers/hash-core.js')
  const rounds = bench.quick ? 4 : 8
  const both = { rounds }
  const md5 = { rounds, crc64: false }
  const lone = { rounds: 4 * rounds, lanes: 1, crc64: false }
  const variants = {
    core: () => worker.ask<number>('core', both),
    others: () => worker.ask<number>('others', both),
    coreMd5: () => worker.ask<number>('core', md5),
    othersMd5: () => worker.ask<number>('others', md5),
    coreLone: () => worker.ask<number>('core', lone),
    othersLone: () => worker.ask<number>('others', lone),
  }
  await interleaved(1, variants)
  const times = await interleaved(bench.quick ? 3 : 7, variants)
  const cost = (samples: readonly number[]): number[] =>
    samples.map((ms) => perGiB(ms, rounds * ROUND))
  group.ratio(
    'MD5 + CRC-64 of 4 parts together, speed against `node:crypto` + `hash-wasm`',
    times.others,
    times.core,
    { bound: atLeast(1.8) },
  )
  group.add('the same, the core', 's/GiB', cost(times.core))
  group.add('the same, `node:crypto` + `hash-wasm`', 's/GiB', cost(times.others))
  group.ratio('MD5 alone of 4 parts, speed', times.othersMd5, times.coreMd5)
  group.ratio('MD5 alone of 1 part, speed', times.othersLone, times.coreLone)
  const combined: number[] = []
  for (let round = 0; round < 9; round += 1) {
    combined.push(await worker.ask<number>('combine', { parts: 10_000 }))
  }
  group.add('CRC-64 of 10,000 equal parts combined', 'ms', combined, { bound: atMost(5) })
  await worker.stop()
}
