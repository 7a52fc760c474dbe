import { describe, expect, test } from 'vitest'
import {
  elementOf,
  elementsOf,
  initiate,
  type OpenService,
  openService,
  put,
  refusalOf,
} from './api-samples.contract.ts'
import { listMultipartUploads } from './list-multipart-uploads.ts'
import { listObjects } from './list-objects.ts'
import { listObjectsV2 } from './list-objects-v2.ts'

async function withKeys(...keys: string[]): Promise<OpenService> {
  const service = await openService()
  for (const key of keys) await put(service, key, key)
  return service
}

async function withUploads(...keys: string[]): Promise<OpenService & { ids: string[] }> {
  const service = await openService()
  const ids: string[] = []
  for (const key of keys) ids.push(await initiate(service, { key }))
  return { ...service, ids }
}

describe('ListObjects', () => {
  test('lists 100 objects by the bytes of their keys, with all that SDKs read of each', async () => {
    const { ask } = await withKeys('b', 'a', '\u{1F600}', '\uFFFD')
    const { status, xml } = await ask(listObjects)
    expect(status).toBe(200)
    expect(elementsOf(xml, 'Key')).toEqual(['a', 'b', '\uFFFD', '\u{1F600}'])
    for (const [name, text] of [
      ['Name', 'photos'],
      ['Prefix', ''],
      ['Marker', ''],
      ['Delimiter', ''],
      ['MaxKeys', '100'],
      ['IsTruncated', 'false'],
      ['NextMarker', 'none'],
      ['Type', 'Normal'],
      ['Size', '1'],
      ['StorageClass', 'Standard'],
      ['LastModified', '2026-11-22T10:00:00.000Z'],
      ['ETag', '"0CC175B9C0F1B6A831C399E269772661"'],
      ['ID', 'alice'],
      ['DisplayName', 'alice'],
    ] as const) {
      expect([name, elementOf(xml, name)]).toEqual([name, text])
    }
  })

  test('pages through keys and common prefixes together, and names each once', async () => {
    const { ask } = await withKeys('a', 'b/1', 'b/2', 'c', 'd/1', 'd/2', 'e')
    const seen: string[] = []
    let query = 'delimiter=%2F&max-keys=2'
    for (let page = 0; page < 5; page += 1) {
      const { xml } = await ask(listObjects, { query })
      const prefixes = elementsOf(xml, 'Prefix').slice(1)
      seen.push(...elementsOf(xml, 'Key'), ...prefixes)
      if (elementOf(xml, 'IsTruncated') === 'false') break
      query = `delimiter=%2F&max-keys=2&marker=${encodeURIComponent(elementOf(xml, 'NextMarker'))}`
    }
    expect(seen.sort()).toEqual(['a', 'b/', 'c', 'd/', 'e'])
  })

  test('takes an empty parameter for one that is not there', async () => {
    const { ask } = await withKeys('a')
    const query = 'prefix=&delimiter=&marker=&max-keys=&encoding-type='
    expect(elementsOf((await ask(listObjects, { query })).xml, 'Key')).toEqual(['a'])
  })

  test('percent-encodes keys, prefix, marker and delimiter when it is asked to', async () => {
    const { ask } = await withKeys('a b/+\x01', 'a b/c/d')
    const query = 'encoding-type=url&prefix=a%20b%2F&delimiter=%2F&marker=a%20'
    const { xml } = await ask(listObjects, { query })
    expect(elementsOf(xml, 'Key')).toEqual(['a%20b%2F%2B%01'])
    expect(elementsOf(xml, 'Prefix')).toEqual(['a%20b%2F', 'a%20b%2Fc%2F'])
    expect(elementOf(xml, 'Marker')).toBe('a%20')
    expect(elementOf(xml, 'Delimiter')).toBe('%2F')
    expect(elementOf(xml, 'EncodingType')).toBe('url')
  })

  test.each([
    ['max-keys=0', 'max-keys', '0'],
    ['max-keys=1001', 'max-keys', '1001'],
    ['max-keys=-1', 'max-keys', '-1'],
    ['encoding-type=base64', 'encoding-type', 'base64'],
  ])('refuses %s', async (query, name, value) => {
    const { ask } = await openService()
    for (const operation of [listObjects, listMultipartUploads]) {
      if (operation === listMultipartUploads && name === 'max-keys') continue
      expect(await refusalOf(ask(operation, { query }))).toMatchObject({
        code: 'InvalidArgument',
        status: 400,
        details: { ArgumentName: name, ArgumentValue: value },
      })
    }
  })

  test.each(['prefix', 'delimiter', 'marker'])('refuses a %s of 1,025 bytes', async (name) => {
    const { ask } = await openService()
    await ask(listObjects, { query: `${name}=${'x'.repeat(1024)}` })
    const refusal = await refusalOf(ask(listObjects, { query: `${name}=${'%C3%A9'.repeat(513)}` }))
    expect(refusal).toMatchObject({ code: 'InvalidArgument', details: { ArgumentName: name } })
    expect(refusal.details.ArgumentValue?.length).toBeLessThan(300)
  })

  test('is refused for a missing bucket', async () => {
    const { ask } = await openService()
    for (const operation of [listObjects, listObjectsV2, listMultipartUploads]) {
      const asking = { bucket: 'films', query: operation === listObjectsV2 ? 'list-type=2' : '' }
      expect(await refusalOf(ask(operation, asking))).toMatchObject({ code: 'NoSuchBucket' })
    }
  })
})

describe('ListObjectsV2', () => {
  test('goes on from its token until there is none, and counts what it lists', async () => {
    const { ask } = await withKeys('a', 'b/1', 'b/2', 'c', 'd')
    const seen: string[] = []
    let token = ''
    for (let page = 0; page < 4; page += 1) {
      const query = `list-type=2&delimiter=%2F&max-keys=2&continuation-token=${token}`
      const { xml } = await ask(listObjectsV2, { query })
      const entries = [...elementsOf(xml, 'Key'), ...elementsOf(xml, 'Prefix').slice(1)]
      expect(elementOf(xml, 'KeyCount')).toBe(String(entries.length))
      expect(elementOf(xml, 'ContinuationToken')).toBe(token === '' ? 'none' : token)
      seen.push(...entries)
      token = elementOf(xml, 'NextContinuationToken')
      if (token === 'none') break
    }
    expect(seen.sort()).toEqual(['a', 'b/', 'c', 'd'])
  })

  test('begins after start-after, unless a token says where', async () => {
    const { ask } = await withKeys('a', 'b', 'c', 'd')
    const first = await ask(listObjectsV2, { query: 'list-type=2&start-after=a&max-keys=1' })
    expect(elementsOf(first.xml, 'Key')).toEqual(['b'])
    expect(elementOf(first.xml, 'StartAfter')).toBe('a')
    const token = elementOf(first.xml, 'NextContinuationToken')
    const query = `list-type=2&start-after=a&continuation-token=${token}`
    expect(elementsOf((await ask(listObjectsV2, { query })).xml, 'Key')).toEqual(['c', 'd'])
  })

  test('lists a common prefix only for keys that come after start-after', async () => {
    const { ask } = await withKeys('fun/a', 'fun/b', 'oss.jpg', 'other/a')
    const { xml } = await ask(listObjectsV2, {
      query: 'list-type=2&delimiter=%2F&start-after=oss.jpg',
    })
    expect(elementsOf(xml, 'Prefix')).toEqual(['', 'other/'])
    expect(elementOf(xml, 'KeyCount')).toBe('1')
  })

  test('names owners only when it is asked to', async () => {
    const { ask } = await withKeys('a')
    const plain = await ask(listObjectsV2, { query: 'list-type=2' })
    expect(elementOf(plain.xml, 'ID')).toBe('none')
    const fetching = await ask(listObjectsV2, { query: 'list-type=2&fetch-owner=true' })
    expect(elementOf(fetching.xml, 'ID')).toBe('alice')
  })

  test.each([
    ['list-type=3', 'list-type'],
    ['list-type=', 'list-type'],
    ['list-type=2&continuation-token=nonsense', 'continuation-token'],
    ['list-type=2&max-keys=0', 'max-keys'],
  ])('refuses %s', async (query, name) => {
    const { ask } = await openService()
    expect(await refusalOf(ask(listObjectsV2, { query }))).toMatchObject({
      code: 'InvalidArgument',
      details: { ArgumentName: name },
    })
  })
})

describe('ListMultipartUploads', () => {
  test('without uploads has every element, and both next markers empty', async () => {
    const { ask } = await openService()
    const { xml } = await ask(listMultipartUploads, { query: 'uploads' })
    const names = [
      'KeyMarker',
      'UploadIdMarker',
      'NextKeyMarker',
      'NextUploadIdMarker',
      'Delimiter',
      'Prefix',
    ]
    for (const name of names) expect([name, elementOf(xml, name)]).toEqual([name, ''])
    expect(elementOf(xml, 'Bucket')).toBe('photos')
    expect(elementOf(xml, 'MaxUploads')).toBe('1000')
    expect(elementOf(xml, 'IsTruncated')).toBe('false')
  })

  test('has the last entry as its next markers, also when nothing follows', async () => {
    const { ask, ids } = await withUploads('a', 'b')
    const { xml } = await ask(listMultipartUploads, { query: 'uploads' })
    expect(elementsOf(xml, 'Key')).toEqual(['a', 'b'])
    expect(elementsOf(xml, 'UploadId')).toEqual(ids)
    expect(elementOf(xml, 'NextKeyMarker')).toBe('b')
    expect(elementOf(xml, 'NextUploadIdMarker')).toBe(ids[1])
    expect(elementOf(xml, 'Initiated')).toBe('2026-11-22T10:00:00.000Z')
    expect(elementOf(xml, 'StorageClass')).toBe('Standard')
  })

  test('finds by prefix, marker, both markers and delimiter what the live service finds', async () => {
    const keys = Array.from({ length: 20 }, (_, index) => `k${index}`)
    const { ask, ids } = await withUploads(...keys)
    const count = async (query: string): Promise<number[]> => {
      const { xml } = await ask(listMultipartUploads, { query: `uploads&${query}` })
      return [elementsOf(xml, 'Key').length, elementsOf(xml, 'Prefix').length - 1]
    }
    const idOf12 = ids[12] ?? ''
    const below = `${idOf12.slice(0, -1)}${idOf12.endsWith('0') ? '' : '0'}`
    expect(await count('prefix=k1')).toEqual([11, 0])
    expect(await count('key-marker=k10')).toEqual([17, 0])
    expect(await count('prefix=k&delimiter=4')).toEqual([18, 2])
    expect(await count(`key-marker=k12&upload-id-marker=${idOf12}`)).toEqual([15, 0])
    expect(await count(`key-marker=k12&upload-id-marker=${below}`)).toEqual([16, 0])
    expect(await count(`upload-id-marker=${idOf12}`)).toEqual([20, 0])
  })

  test('walks uploads of one key and common prefixes by its next markers, each once', async () => {
    const { ask, ids } = await withUploads(
      ...Array.from({ length: 10 }, () => 'same'),
      'x/1',
      'x/2',
      'y/1',
      'z/1',
    )
    const seen: string[] = []
    let markers = ''
    for (let page = 0; page < 10; page += 1) {
      const query = `uploads&delimiter=%2F&max-uploads=2${markers}`
      const { xml } = await ask(listMultipartUploads, { query })
      const entries = [...elementsOf(xml, 'UploadId'), ...elementsOf(xml, 'Prefix').slice(1)]
      expect(entries.length).toBeLessThanOrEqual(2)
      seen.push(...entries)
      if (elementOf(xml, 'IsTruncated') === 'false') break
      const key = encodeURIComponent(elementOf(xml, 'NextKeyMarker'))
      markers = `&key-marker=${key}&upload-id-marker=${elementOf(xml, 'NextUploadIdMarker')}`
    }
    expect(seen).toEqual([...ids.slice(0, 10), 'x/', 'y/', 'z/'])
  })

  test.each(['max-uploads=0', 'max-uploads=1001', 'max-uploads=x'])('refuses %s', async (query) => {
    const { ask } = await openService()
    expect(await refusalOf(ask(listMultipartUploads, { query }))).toMatchObject({
      code: 'InvalidArgument',
      details: { ArgumentName: 'max-uploads' },
    })
  })
})
