import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { ListingQuery } from '../../ports/metadata-store.ts'
import { openEnvironment } from './environment.ts'
import { textKey } from './keys.ts'
import { listPage } from './listing.ts'
import type { Table } from './sealed-table.ts'
import { nothing } from './tables.ts'

/** A table of 4 prefixes with 3,000 keys each, and a count of the rows that are read from it. */
async function bigTable(): Promise<{ table: Table; read: () => number }> {
  const parent = await mkdtemp(join(tmpdir(), 'lading-meta-'))
  const { environment, tables } = await openEnvironment(join(parent, 'meta'))
  onTestFinished(async () => {
    await environment.close()
    await rm(parent, { recursive: true })
  })
  await environment.childTransaction(() => {
    for (const prefix of ['a', 'b', 'c', 'd']) {
      for (let n = 0; n < 3_000; n++) {
        tables.objects.putSync(textKey('photos', `${prefix}/${n}`), nothing)
      }
    }
  })
  let rows = 0
  const getRange: Table['getRange'] = function* (options) {
    for (const row of tables.objects.getRange(options)) {
      rows++
      yield row
    }
  }
  return { table: { getRange } as Table, read: () => rows }
}

function list(table: Table, query: Partial<ListingQuery>): string[] {
  const page = listPage({
    tables: [table],
    bucket: 'photos',
    query: { prefix: '', delimiter: '/', after: undefined, limit: 1_000, ...query },
    keyOf: ({ key }) => Buffer.from(key).toString().split('\0')[1] ?? '',
    read: ({ key }) => Buffer.from(key).toString(),
  })
  return page.rows.map((entry) => (entry.kind === 'prefix' ? entry.prefix : entry.row))
}

test('common prefixes are jumped over, not read through', async () => {
  const { table, read } = await bigTable()
  expect(list(table, {})).toEqual(['a/', 'b/', 'c/', 'd/'])
  expect(read()).toBeLessThan(100)
})

test('a page reads about as many rows as it holds', async () => {
  const { table, read } = await bigTable()
  expect(list(table, { delimiter: '', limit: 10 })).toHaveLength(10)
  expect(list(table, { prefix: 'b/', limit: 10 })).toHaveLength(10)
  expect(list(table, { prefix: 'c/', after: 'c/2', limit: 10 })).toHaveLength(10)
  expect(list(table, { after: 'c/', limit: 10 })).toEqual(['d/'])
  expect(read()).toBeLessThan(100)
})

test('a page without any group reads in few goes, though it might have met one', async () => {
  const { table, read } = await bigTable()
  expect(list(table, { prefix: 'b/', limit: 1_000 })).toHaveLength(1_000)
  expect(read()).toBeLessThanOrEqual(1_001)
})
