import { expect, test } from 'vitest'
import { decodeBucketUserQos, encodeBucketUserQos } from './bucket-user-qos.ts'

test.each([-1, 0, 100])('a capacity of %i can be read back', (storageCapacity) => {
  expect(decodeBucketUserQos(encodeBucketUserQos({ storageCapacity }))).toEqual({ storageCapacity })
})

test('below -1 nothing is a capacity', () => {
  const xml = '<BucketUserQos><StorageCapacity>-2</StorageCapacity></BucketUserQos>'
  expect(() => decodeBucketUserQos(xml)).toThrow(
    expect.objectContaining({ code: 'InvalidArgument' }),
  )
})

test.each(['', '1.5', '1e3', 'many', '--1'])('a capacity of %j is malformed', (text) => {
  const xml = `<BucketUserQos><StorageCapacity>${text}</StorageCapacity></BucketUserQos>`
  expect(() => decodeBucketUserQos(xml)).toThrow(expect.objectContaining({ code: 'MalformedXML' }))
})
