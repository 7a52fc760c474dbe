import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatQuery } from './address.ts'
import { Query } from './query.ts'

test('names and values are decoded, order and repetition kept', () => {
  expect(Query.parse('b=1&a=%2F%E4%B8%AD&b=2').entries).toEqual([
    ['b', '1'],
    ['a', '/中'],
    ['b', '2'],
  ])
})

test('of a doubled parameter the first counts', () => {
  const query = Query.parse('uploadId=A&uploadId=B')
  expect(query.get('uploadId')).toBe('A')
  expect(query.text('uploadId')).toBe('A')
})

test('a bare name has the empty value, as has one with nothing after its equals sign', () => {
  expect(Query.parse('uploads&acl=').entries).toEqual([
    ['uploads', ''],
    ['acl', ''],
  ])
})

test('empty pairs are skipped, as in the documentation’s own ?&uploadId=', () => {
  expect(Query.parse('&uploadId=A&&').entries).toEqual([['uploadId', 'A']])
  expect(Query.parse('').entries).toEqual([])
})

test('a plus is a blank, and an encoded plus is a plus', () => {
  expect(Query.parse('a+b=c+d%2B').entries).toEqual([['a b', 'c d+']])
})

test('only the first equals sign divides', () => {
  expect(Query.parse('a=b=c').get('a')).toBe('b=c')
})

test('an empty value is present, but it is no text', () => {
  const query = Query.parse('prefix=')
  expect(query.has('prefix')).toBe(true)
  expect(query.get('prefix')).toBe('')
  expect(query.text('prefix')).toBeUndefined()
  expect(query.has('marker')).toBe(false)
})

test('names are told apart by case', () => {
  expect(Query.parse('uploadid=A').has('uploadId')).toBe(false)
})

test('text that was not encoded is UTF-8', () => {
  const bytes = [...new TextEncoder().encode('é')].map((byte) => String.fromCharCode(byte))
  expect(Query.parse(`prefix=${bytes.join('')}`).get('prefix')).toBe('é')
})

test.each(['a=%', 'a=%zz', '%FF=1', 'a=%C0%AF'])('%j is refused', (raw) => {
  expect(() => Query.parse(raw)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }))
})

test('what is formatted can be read back', () => {
  const text = fc.string({ unit: 'binary' })
  const named = fc.string({ unit: 'binary', minLength: 1 })
  fc.assert(
    fc.property(fc.array(fc.tuple(named, text)), (entries) => {
      expect(Query.parse(formatQuery(entries)).entries).toEqual(entries)
    }),
  )
})
