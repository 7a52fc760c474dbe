import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'lmdb'
import { expect, onTestFinished, test } from 'vitest'
import { damageOf, RowDamagedError, Table } from './sealed-table.ts'
import { binary } from './tables.ts'

async function opened() {
  const parent = await mkdtemp(join(tmpdir(), 'lading-rows-'))
  const path = join(parent, 'meta')
  const environment = open<Uint8Array, Uint8Array>({ path, ...binary, noSubdir: false })
  onTestFinished(async () => {
    await environment.close()
    await rm(parent, { recursive: true })
  })
  const database = environment.openDB<Uint8Array, Uint8Array>({ ...binary, name: 'things' })
  const table = new Table('things', database)
  const change = (action: () => void): Promise<unknown> => environment.childTransaction(action)
  return { database, table, change }
}

const key = Buffer.from('films\0a movie')
const value = Buffer.from('what is said of it')

test('a row is what was put, whether it says something or nothing', async () => {
  const { table, change } = await opened()
  await change(() => {
    table.putSync(key, value)
    table.putSync(Buffer.from('b'), new Uint8Array())
  })
  expect(Buffer.from(table.get(key) ?? [])).toEqual(value)
  expect(table.get(Buffer.from('b'))).toHaveLength(0)
  expect(table.get(Buffer.from('c'))).toBeUndefined()
  const rows = [...table.getRange({})].map((row) => Buffer.from(row.value).toString())
  expect(rows).toEqual(['', value.toString()])
  expect(table.count()).toBe(2)
})

test('whichever byte of it changed, and to whatever, a row is not taken for what was put', async () => {
  const { database, table, change } = await opened()
  await change(() => table.putSync(key, value))
  const stored = Buffer.from(database.get(key) ?? [])
  expect(stored).toHaveLength(value.length + 4)
  for (let at = 0; at < stored.length; at++) {
    for (const flipped of [0x01, 0x80, 0xff]) {
      const changed = Buffer.from(stored)
      changed[at] = (changed[at] ?? 0) ^ flipped
      await database.put(key, changed)
      expect(() => table.get(key)).toThrow(RowDamagedError)
      const [row] = table.getRange({})
      expect(row && damageOf(row)?.message).toBe(
        'A row of the table things is not what was written: films a movie',
      )
    }
  }
})

test('a row whose key changed, or that was cut short, is damaged where it turns up', async () => {
  const { database, table, change } = await opened()
  await change(() => table.putSync(key, value))
  const stored = Buffer.from(database.get(key) ?? [])
  for (const bytes of [stored.subarray(1), stored.subarray(0, -1), stored.subarray(0, 3)]) {
    await database.put(key, bytes)
    expect(() => table.get(key)).toThrow(RowDamagedError)
  }
  await database.remove(key)
  const other = Buffer.from(key)
  other[0] = 0x65
  await database.put(other, stored)
  expect(table.get(key)).toBeUndefined()
  expect(() => table.get(other)).toThrow(RowDamagedError)
})

test('one damaged row does not hide those around it', async () => {
  const { database, table, change } = await opened()
  await change(() => {
    for (const name of ['a', 'b', 'c']) table.putSync(Buffer.from(name), value)
  })
  await database.put(Buffer.from('b'), Buffer.alloc(20))
  const rows = [...table.getRange({})]
  expect(rows.map((row) => damageOf(row) !== undefined)).toEqual([false, true, false])
})
