/** The statements keep to what PostgreSQL, CockroachDB and YugabyteDB have in common. */

import { expect, test } from 'vitest'
import { statements } from './connections.ts'
import { migrations, versionTable } from './schema.ts'

const all: readonly (readonly [name: string, text: string])[] = [
  ...Object.entries(statements),
  ...Object.entries(versionTable),
  ...migrations.flatMap((step, version) =>
    step.map((text, at) => [`migration ${version + 1}, step ${at + 1}`, text] as const),
  ),
]

/** What one of them does not have, or means something else by. */
const avoided: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['advisory locks', /advisory/i],
  ['notifications', /\b(LISTEN|NOTIFY)\b/i],
  ['triggers and functions', /\b(TRIGGER|FUNCTION|PROCEDURE|plpgsql|DO \$)/i],
  ['system columns', /\b(ctid|xmin|xmax|tableoid)\b/i],
  ['transaction ids', /\b(txid_|pg_current_|pg_xact)/i],
  ['exclusion constraints', /\bEXCLUDE\b/i],
  ['counted keys', /\b(BIG|SMALL)?SERIAL\b|\bSEQUENCE\b|\bnextval\b|\bIDENTITY\b/i],
  ['large objects', /\blo_\w+/i],
  ['COPY', /\bCOPY\b/i],
  ['locks of keys alone', /FOR (NO KEY UPDATE|KEY SHARE)/i],
  ['foreign keys', /\bREFERENCES\b|\bFOREIGN\b/i],
  ['orders that depend on a collation', /\bCOLLATE\b/i],
  ['DISTINCT', /\bDISTINCT\b/i],
  ['temporary and unlogged tables', /\b(TEMP|TEMPORARY|UNLOGGED)\b/i],
  ['deferrable constraints', /\bDEFERR/i],
  ['cursors', /\b(CURSOR|WITH HOLD|FETCH)\b/i],
  ['the least isolation, which not all have', /READ (UN)?COMMITTED/i],
  ['MERGE', /\bMERGE\b/i],
  ['whole tables that are locked', /\bLOCK TABLE\b|\bTRUNCATE\b/i],
  ['OFFSET, which reads what it passes over', /\bOFFSET\b/i],
]

test.each(avoided)('no statement has %s', (_, pattern) => {
  expect(all.filter(([, text]) => pattern.test(text)).map(([name]) => name)).toEqual([])
})

test.each([
  ['advisory locks', 'SELECT pg_advisory_lock(1)'],
  ['DISTINCT', 'SELECT DISTINCT ON (key) key FROM objects'],
  ['locks of keys alone', 'SELECT 1 FROM uploads FOR KEY SHARE'],
  ['counted keys', 'CREATE TABLE a (id bigserial PRIMARY KEY)'],
  ['system columns', 'INSERT INTO a VALUES (1) RETURNING xmax'],
])('a statement with %s would be found', (what, text) => {
  expect(avoided.find(([name]) => name === what)?.[1].test(text)).toBe(true)
})

test('every parameter that stands alone in a list of values has a type of its own', () => {
  const selected = all.filter(([, text]) => /SELECT \$\d+(,|\s)/.test(text))
  expect(selected.map(([name]) => name)).toEqual([])
})

test('texts of others are bytes, whose order is the same everywhere', () => {
  const tables = all.filter(([, text]) => text.startsWith('CREATE TABLE'))
  expect(tables.length).toBeGreaterThan(10)
  for (const [name, text] of tables) {
    expect(text, name).not.toMatch(/\b(text|varchar|char|json|jsonb|timestamp\w*)\b/i)
  }
})

test('names of statements fit where a connection keeps them', () => {
  for (const name of Object.keys(statements)) expect(name.length).toBeLessThan(64)
})
