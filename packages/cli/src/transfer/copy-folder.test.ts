import { expect, test, vi } from 'vitest'
import { Output } from '../output/output.ts'
import { silent } from '../output/progress.ts'
import type { Service } from '../service.ts'
import { copyFolder } from './copy-folder.ts'
import type { Transfer } from './copy-one.ts'
import { readCopyOptions } from './copy-options.ts'

const options = readCopyOptions({ jobs: '4' }, '/state')

interface Watched {
  readonly service: Service
  /** What the bar is called, and how many bytes it is of. */
  readonly bar: { label: () => string; total: () => number | undefined }
  /** Lists files of 10 bytes that are copied in no time. */
  find(files: number): () => AsyncGenerator<Transfer, void, void>
  readonly counts: { found: number; ended: number; waiting: number; atOnce: number; most: number }
}

function watched(): Watched {
  const output = new Output()
  const bar: Watched['bar'] = { label: () => '', total: () => undefined }
  output.result = () => {}
  output.startProgress = vi.fn((label, total) => {
    Object.assign(bar, { label, total })
    return silent
  })
  const counts = { found: 0, ended: 0, waiting: 0, atOnce: 0, most: 0 }
  async function run(): ReturnType<Transfer['run']> {
    counts.atOnce += 1
    counts.most = Math.max(counts.most, counts.atOnce)
    await new Promise((resolve) => setImmediate(resolve))
    counts.atOnce -= 1
    counts.ended += 1
    return { size: 10, parts: 0, resumedParts: 0, facts: {} }
  }
  const find = (files: number) =>
    async function* (): AsyncGenerator<Transfer, void, void> {
      const isCounting = counts.found > 0
      for (let n = 0; n < files; n += 1) {
        if (!isCounting) counts.found += 1
        counts.waiting = Math.max(counts.waiting, counts.found - counts.ended)
        const route = { source: `${n}`, target: `oss://films/${n}`, label: `${n}` }
        yield { ...route, size: 10, isCurrent: async () => false, run }
      }
    }
  return {
    service: { output, signal: new AbortController().signal } as Service,
    bar,
    find,
    counts,
  }
}

test('of 100,000 files no more than a thousand and those under way are held at any time', async () => {
  const { service, find, counts } = watched()
  const copied = await copyFolder(service, find(100_000), options)
  expect(copied).toEqual({ copied: 100_000, skipped: 0, failed: 0, bytes: 1_000_000 })
  expect(counts.waiting).toBeLessThanOrEqual(1000 + 4 + 1)
  expect(counts.most).toBe(4)
})

test('a tree too large to wait for is counted, so that the bar has an end', async () => {
  const { service, find, bar } = watched()
  const labels: (readonly [string, number | undefined])[] = []
  const list = find(5000)
  await copyFolder(
    service,
    async function* () {
      for await (const transfer of list()) {
        labels.push([bar.label(), bar.total()])
        yield transfer
      }
    },
    options,
  )
  expect(labels[5]?.[0]).toMatch(/of \d+ files so far$/)
  expect(labels[5]?.[1]).toBeUndefined()
  const known = labels.filter(([, total]) => total !== undefined)
  expect(known.length).toBeGreaterThan(0)
  for (const [label, total] of known) {
    expect([label, total]).toEqual([expect.stringMatching(/of 5,000 files$/), 50_000])
  }
  expect(bar.label()).toBe('5,000 of 5,000 files')
})

test('a list that breaks off ends the copying, once what is under way is over', async () => {
  const { service, find, counts } = watched()
  const list = find(50)
  const copying = copyFolder(
    service,
    async function* () {
      yield* list()
      throw new Error('the list broke off')
    },
    options,
  )
  await expect(copying).rejects.toThrow('the list broke off')
  expect(counts.ended).toBe(50)
  expect(counts.atOnce).toBe(0)
})
