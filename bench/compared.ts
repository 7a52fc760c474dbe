/** The few figures that the front pages show: what an upload costs with us, and with others. */

import { median } from './report.ts'
import type { Transferred } from './workers/client.ts'

export type ComparedName = 'lading cp' | 'ali-oss' | 'lib-storage'

/** Medians of one run. */
export interface Compared {
  readonly name: ComparedName
  /** Seconds on the wall and of processor time, for each GiB. */
  readonly wall: number
  readonly cpu: number
  /** MiB; the most that was ever resident. */
  readonly memory: number
}

export type Language = 'en' | 'zh-CN'

interface Words {
  readonly heads: readonly string[]
  readonly verifies: Readonly<Record<ComparedName, string>>
  readonly source: (about: string) => string
}

const words: Readonly<Record<Language, Words>> = {
  en: {
    heads: ['1 GiB in parts of 8 MiB', 'time', 'processor time', 'memory', 'what is verified'],
    verifies: {
      'lading cp': 'each part and the object, by MD5',
      'ali-oss': 'nothing',
      'lib-storage': 'sends sums of each part; compares nothing',
    },
    source: (about) => `One run of \`npm run bench\`, to a server that drops the bytes: ${about}`,
  },
  'zh-CN': {
    heads: ['1 GiB，每个分片 8 MiB', '用时', '处理器时间', '内存', '校验内容'],
    verifies: {
      'lading cp': '每个分片和整个对象的 MD5',
      'ali-oss': '不校验',
      'lib-storage': '发送每个分片的校验和，但不比对结果',
    },
    source: (about) => `由 \`npm run bench\` 一次运行得出，服务端丢弃收到的数据：${about}`,
  },
}

const shown: Readonly<Record<ComparedName, string>> = {
  'lading cp': '`lading cp`',
  'ali-oss': '`ali-oss`',
  'lib-storage': '`@aws-sdk/lib-storage`',
}

/** `undefined` where it was not measured. */
export function compared(
  name: ComparedName,
  results: readonly (Transferred | undefined)[],
  size: number,
): Compared | undefined {
  const taken = results.flatMap((result) => result ?? [])
  if (taken.length === 0) return undefined
  const seconds = (ms: readonly number[]): number => median(ms) / 1000 / (size / 2 ** 30)
  return {
    name,
    wall: seconds(taken.map(({ wallMs }) => wallMs)),
    cpu: seconds(taken.map(({ cpuMs }) => cpuMs)),
    memory: Math.max(...taken.map(({ peakRss }) => peakRss)) / 2 ** 20,
  }
}

export function comparedTable(rows: readonly Compared[], about: string, to: Language): string {
  const { heads, verifies, source } = words[to]
  const lines = rows.map(({ name, wall, cpu, memory }) => {
    const figures = [`${wall.toFixed(1)} s`, `${cpu.toFixed(1)} s`, `${Math.round(memory)} MiB`]
    return `| ${[shown[name], ...figures, verifies[name]].join(' | ')} |`
  })
  const table = [`| ${heads.join(' | ')} |`, `|${heads.map(() => '---').join('|')}|`, ...lines]
  return `${table.join('\n')}\n\n${source(about)}`
}
