import { expect, test } from 'vitest'
import { type ExistingFlags, readExisting } from './existing.ts'

test.each<[ExistingFlags, string | undefined, boolean, boolean]>([
  [{}, undefined, false, true],
  [{ force: true }, undefined, true, false],
  [{ onExists: 'overwrite' }, undefined, true, false],
  [{ onExists: 'fail' }, undefined, false, false],
  [{ update: true }, 'time', true, false],
  [{ update: true, force: true }, 'time', true, false],
  [{ sizeOnly: true }, 'size', true, false],
  [{ checksum: true }, 'checksum', true, false],
  [{ onExists: 'skip-if-same' }, 'checksum', true, false],
  [{ ignoreExisting: true }, 'existence', false, false],
  [{ onExists: 'skip' }, 'existence', false, false],
])('%j skips by %s, replaces: %s, asks: %s', (flags, skips, replaces, asks) => {
  expect(readExisting(flags)).toEqual({ skips, replaces, asks })
})

test.each<[ExistingFlags, RegExp]>([
  [{ update: true, sizeOnly: true }, /^--update and --size-only do not go together$/],
  [{ checksum: true, ignoreExisting: true }, /^--checksum and --ignore-existing /],
  [{ onExists: 'skip', update: true }, /^--update and --on-exists skip /],
  [{ onExists: 'fail', force: true }, /^--on-exists fail and --force /],
])('%j is a mistake in the command line', (flags, says) => {
  expect(() => readExisting(flags)).toThrow(expect.objectContaining({ exitCode: 2 }))
  expect(() => readExisting(flags)).toThrow(says)
})
