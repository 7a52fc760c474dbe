import { expect, test } from 'vitest'
import { readCopyOptions } from './copy-options.ts'

const none = { jobs: '3' }
const MiB = 1024 * 1024

test('what fits into one part goes in one request, unless that would be big', () => {
  expect(readCopyOptions(none, '/state').bigfileThreshold).toBe(8 * MiB)
  expect(readCopyOptions({ ...none, partSize: '1M' }, '/state').bigfileThreshold).toBe(MiB)
  expect(readCopyOptions({ ...none, partSize: '1G' }, '/state').bigfileThreshold).toBe(8 * MiB)
  expect(readCopyOptions({ ...none, bigfileThreshold: '0' }, '/state').bigfileThreshold).toBe(0)
})

test('a checkpoint directory is taken as it is given', () => {
  expect(readCopyOptions(none, '/state').checkpointDirectory).toBe('/state')
  expect(
    readCopyOptions({ ...none, checkpointDir: 'here/it is' }, '/state').checkpointDirectory,
  ).toBe('here/it is')
})

test('metadata is NAME=VALUE, and the value may hold anything', () => {
  const { metadata } = readCopyOptions({ ...none, metadata: ['a=1', 'b=x=y', 'c='] }, '/state')
  expect(metadata).toEqual({ a: '1', b: 'x=y', c: '' })
})

test('the level of proof is left to the client unless it is given', () => {
  expect(readCopyOptions(none, '/state').verify).toBeUndefined()
  expect(readCopyOptions({ ...none, verify: 'strict' }, '/state').verify).toBe('strict')
})

test.each([
  ['a part below 100 KiB', { ...none, partSize: '99K' }],
  ['a part above 5 GiB', { ...none, partSize: '6GiB' }],
  ['no parallel parts', { ...none, parallel: '0' }],
  ['257 parallel parts', { ...none, parallel: '257' }],
  ['eleven tags', { ...none, tagging: Array.from({ length: 11 }, (_, n) => `tag${n}=x`) }],
  ['a tag without a value', { ...none, tagging: ['name'] }],
  ['no jobs', { job: '0' }],
  ['metadata without a value', { ...none, metadata: ['name'] }],
  ['metadata without a name', { ...none, metadata: ['=value'] }],
  ['metadata whose name no header can have', { ...none, metadata: ['na me=value'] }],
])('%s is a usage error', (_, flags) => {
  expect(() => readCopyOptions(flags, '/state')).toThrow(expect.objectContaining({ exitCode: 2 }))
})

test('several tags may be one value, as ossutil has them', () => {
  const { tagging } = readCopyOptions({ tagging: ['a=1&b=2', 'c=x=y'] }, '/state')
  expect(tagging).toEqual({ a: '1', b: '2', c: 'x=y' })
})
