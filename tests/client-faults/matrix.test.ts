/**
 * The fault matrix: whatever befalls an operation, the work that needs it ends right, or fails saying
 * where and why; nothing wrong is left, no request is sent more often than it may be, no upload is
 * forgotten, and the next healthy run ends right.
 *
 * `LADING_FAULT_CELLS` says how many cells are drawn, or `all`; `LADING_FAULT_ONLY` picks those whose
 * name holds it.
 */

import type { RunningServer } from '@lading/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Random, seedFromEnvironment } from '../support/random.ts'
import { startServer } from '../support/server.ts'
import { allCells, type Cell, faults, nameOf } from './matrix.ts'
import { type Plant, runCell } from './run-cell.ts'
import { operations } from './wire-request.ts'
import { BUCKET, isServersOwn, proxyWorld, serverWorld, type World } from './world.ts'

const seed = seedFromEnvironment()
const wanted = process.env.LADING_FAULT_CELLS ?? (process.env.CI ? '120' : '60')
const only = process.env.LADING_FAULT_ONLY

/** Most of a cell's time is waiting. */
const AT_ONCE = 4

/** Operations and faults of a kind come round by turns, so that a few cells have some of each. */
function draw(cells: readonly Cell[], random: Random, share = 1): readonly Cell[] {
  if (only) return cells.filter((cell) => nameOf(cell).includes(only))
  if (wanted === 'all') return cells
  const left = cells.map((cell) => ({ cell, lot: random.next() }))
  const met = new Map<string, number>()
  const drawn: Cell[] = []
  const often = (name: string): number => met.get(name) ?? 0
  while (drawn.length < Math.min(Number(wanted) * share, cells.length)) {
    const rank = ({ cell, lot }: (typeof left)[number]): number =>
      4 * often(`${cell.operation} ${cell.fault}`) + often(cell.operation) + often(cell.fault) + lot
    left.sort((one, other) => rank(one) - rank(other))
    const next = left.shift()?.cell
    if (!next) break
    drawn.push(next)
    for (const name of [next.operation, next.fault, `${next.operation} ${next.fault}`]) {
      met.set(name, often(name) + 1)
    }
  }
  return drawn
}

async function runCells(
  cells: readonly Cell[],
  worldOf: (cell: Cell) => Promise<World>,
): Promise<readonly string[]> {
  const broken: string[] = []
  const results = new Map<Cell, boolean>()
  const left = [...cells]
  async function work(): Promise<void> {
    for (let cell = left.shift(); cell; cell = left.shift()) {
      const world = await worldOf(cell)
      try {
        const found = await runCell(world, cell)
        broken.push(...found)
        results.set(cell, found.length === 0)
      } finally {
        await world.close()
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  console.log(table(results))
  return broken
}

/** A row for each fault, a column for each operation: how many cells held of how many. */
function table(results: ReadonlyMap<Cell, boolean>): string {
  const head = ['', ...operations.map((operation) => operation.replace('MultipartUpload', ''))]
  const rows = faults.map((fault) => [
    fault,
    ...operations.map((operation) => {
      const of = [...results].filter(
        ([cell]) => cell.operation === operation && cell.fault === fault,
      )
      return of.length === 0 ? '-' : `${of.filter(([, held]) => held).length}/${of.length}`
    }),
  ])
  const widths = head.map((_, at) =>
    Math.max(...[head, ...rows].map((row) => row[at]?.length ?? 0)),
  )
  const lines = [head, ...rows].map((row) =>
    row.map((text, at) => text.padEnd(widths[at] ?? 0)).join('  '),
  )
  const held = [...results.values()].filter(Boolean).length
  return `fault matrix: seed ${seed}, ${held} of ${results.size} cells held\n${lines.join('\n')}`
}

let server: RunningServer
beforeAll(async () => {
  server = await startServer({ buckets: [BUCKET] })
})
afterAll(() => server.close({ graceMs: 0 }))

const timeout = 600_000

describe('the work ends right or fails saying why, and nothing wrong is left', { timeout }, () => {
  test('when the faults are those of a proxy', async () => {
    const cells = draw(allCells(), new Random(seed))
    const broken = await runCells(cells, (cell) => proxyWorld(server, cell))
    expect(broken, `seed ${seed}`).toEqual([])
  })

  test("when the faults are the server's own", async () => {
    const cells = draw(allCells().filter(isServersOwn), new Random(seed + 1), 0.5)
    expect(await runCells(cells, serverWorld), `seed ${seed}`).toEqual([])
  })
})

describe('a lost answer, by the --fault of the server, is overcome', () => {
  test.each([
    'InitiateMultipartUpload',
    'UploadPart',
    'CompleteMultipartUpload',
    'AbortMultipartUpload',
  ] as const)('to %s', async (operation) => {
    const cell = { operation, fault: 'reset-after-body', times: 'once', verify: 'md5' } as const
    const world = await serverWorld(cell)
    try {
      expect(await runCell(world, cell)).toEqual([])
    } finally {
      await world.close()
    }
  })
})

describe('the matrix catches a client that', () => {
  const part = { operation: 'UploadPart', times: 'once', verify: 'md5' } as const
  test.each<[string, Plant, Cell, RegExp]>([
    ['does not look at ETags', { verify: 'off' }, { ...part, fault: 'wrong-etag' }, /it failed/],
    ['gives up at once', { retries: 0 }, { ...part, fault: 'reset-mid-body' }, /it failed/],
    [
      'never gives up',
      { retries: 8 },
      { ...part, fault: 'reset-before-body', times: 'always' },
      /sent 9 times instead of 3/,
    ],
    ['boasts', { boasts: true }, { ...part, fault: 'denied' }, /missing|another one/],
  ])('%s', async (_, plant, cell, sentence) => {
    const world = await proxyWorld(server, cell)
    try {
      expect(await runCell(world, cell, plant)).toContainEqual(expect.stringMatching(sentence))
    } finally {
      await world.close()
    }
  })
})
