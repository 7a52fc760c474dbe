import { expect, test } from 'vitest'
import { type Checkpoint, formatCheckpoint, parseCheckpoint } from './checkpoint.ts'

const identity = {
  endpoint: 'http://127.0.0.1:9000',
  bucket: 'bucket',
  key: 'key',
  source: '/home/me/movie.mov',
}
const checkpoint: Checkpoint = {
  ...identity,
  format: 1,
  uploadId: 'U1',
  partSize: 8_388_608,
  sourceVersion: '10-20-30',
  attributes: '[]',
  initiated: '2026-11-22T10:00:00.000Z',
}

test('what is written can be read back', () => {
  expect(parseCheckpoint(formatCheckpoint(checkpoint), identity)).toEqual({ checkpoint })
})

test('a checkpoint torn anywhere is ignored, with a reason', () => {
  const text = formatCheckpoint(checkpoint).trimEnd()
  for (let length = 0; length < text.length; length += 1) {
    expect(parseCheckpoint(text.slice(0, length), identity).ignored).toMatch(/torn/)
  }
})

test.each([
  ['null', /not an object/],
  ['[]', /not an object/],
  [JSON.stringify({ ...checkpoint, format: 2 }), /format 2/],
  [JSON.stringify({ ...checkpoint, uploadId: 7 }), /lacks/],
  [JSON.stringify({ ...checkpoint, uploadId: '' }), /lacks/],
  [JSON.stringify({ ...checkpoint, partSize: 0 }), /lacks/],
  [JSON.stringify({ ...checkpoint, partSize: '8' }), /lacks/],
  [JSON.stringify({ ...checkpoint, bucket: 'other' }), /another/],
  [JSON.stringify({ ...checkpoint, key: 'other' }), /another/],
  [JSON.stringify({ ...checkpoint, endpoint: 'other' }), /another/],
  [JSON.stringify({ ...checkpoint, source: 'other' }), /another/],
])('%s is ignored', (text, reason) => {
  const found = parseCheckpoint(text, identity)
  expect(found.checkpoint).toBeUndefined()
  expect(found.ignored).toMatch(reason)
})
