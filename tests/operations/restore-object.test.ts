import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { type ServiceAnswer, startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

let time = Date.parse('2026-01-01T00:00:00.000Z')
const service = await startTestService({ now: () => new Date(time) })
const bucket = await service.makeBucket()
let objects = 0

/** A new object of that class; gives its key. */
async function put(storageClass: string, at = service): Promise<string> {
  objects += 1
  const key = `object-${objects}`
  const headers = { 'x-oss-storage-class': storageClass }
  await at.call({ method: 'PUT', bucket, key, body: '123456789', headers })
  return key
}

const restore = (key: string, body = '', at = service): Promise<ServiceAnswer> =>
  at.call({ method: 'POST', bucket, key, query: { restore: '' }, body })
const days = (count: number): string => `<RestoreRequest><Days>${count}</Days></RestoreRequest>`
const tier = (name: string): string =>
  `<RestoreRequest><Days>2</Days><JobParameters><Tier>${name}</Tier></JobParameters></RestoreRequest>`
const head = (key: string): Promise<ServiceAnswer> => service.call({ method: 'HEAD', bucket, key })
const get = (key: string): Promise<ServiceAnswer> => service.call({ method: 'GET', bucket, key })

describe('RestoreObject', () => {
  it('answers 202, then 409 while it runs, then 200, and the bytes are readable for the days asked', async () => {
    const key = await put('Archive')
    const frozen = await get(key)
    expect([frozen.status, frozen.code]).toEqual([403, 'InvalidObjectState'])
    expect(frozen.headers.get('x-oss-hash-crc64ecma')).toBe('11051210869376104954')
    expect((await head(key)).headers.get('x-oss-restore')).toBeNull()

    const first = await restore(key, days(2))
    expect([first.status, first.statusText, first.text]).toEqual([202, 'Accepted', ''])
    expect(first.headers.get('x-oss-object-restore-priority')).toBeNull()
    expect((await head(key)).headers.get('x-oss-restore')).toBe('ongoing-request="true"')
    const again = await restore(key, days(2))
    expect([again.status, again.code]).toEqual([409, 'RestoreAlreadyInProgress'])
    expect((await get(key)).code).toBe('InvalidObjectState')

    time += MINUTE
    const read = await get(key)
    expect([read.status, read.text]).toEqual([200, '123456789'])
    const until = new Date(time + 2 * DAY).toUTCString()
    expect(read.headers.get('x-oss-restore')).toBe(
      `ongoing-request="false", expiry-date="${until}"`,
    )

    time += DAY
    expect((await restore(key, days(3))).status).toBe(200)
    const extended = new Date(time + 3 * DAY).toUTCString()
    expect((await head(key)).headers.get('x-oss-restore')).toContain(extended)

    time += 3 * DAY
    expect((await get(key)).code).toBe('InvalidObjectState')
    expect((await head(key)).headers.get('x-oss-restore')).toBeNull()
    expect((await restore(key)).status).toBe(202)
  })

  it('stands in listings, ongoing and over', async () => {
    const key = await put('Archive')
    const info = async (query: Record<string, string>): Promise<string | undefined> =>
      elementOf(
        (await service.call({ method: 'GET', bucket, query: { prefix: key, ...query } })).text,
        'RestoreInfo',
      )
    const both = async (): Promise<unknown> => [await info({}), await info({ 'list-type': '2' })]
    expect(await both()).toEqual([undefined, undefined])
    await restore(key)
    expect(await both()).toEqual(Array(2).fill('ongoing-request="true"'))
    time += MINUTE
    const until = new Date(time + DAY).toUTCString()
    expect(await both()).toEqual(Array(2).fill(`ongoing-request="false", expiry-date="${until}"`))
  })

  it.each([
    ['ColdArchive', 'Expedited', HOUR],
    ['ColdArchive', 'Standard', 5 * HOUR],
    ['ColdArchive', 'Bulk', 12 * HOUR],
    ['DeepColdArchive', 'Expedited', 12 * HOUR],
    ['DeepColdArchive', 'Standard', 48 * HOUR],
  ])('of %s in the tier %s takes as long as that does', async (storageClass, name, ms) => {
    const key = await put(storageClass)
    const answer = await restore(key, tier(name))
    expect(answer.status).toBe(202)
    expect(answer.headers.get('x-oss-object-restore-priority')).toBe(name)
    time += ms - 1
    expect((await get(key)).code).toBe('InvalidObjectState')
    time += 1
    expect((await get(key)).text).toBe('123456789')
  })

  it.each(['', '<RestoreRequest></RestoreRequest>', days(0)])(
    'takes a body that says no days: %j',
    async (body) => {
      const answer = await restore(await put('ColdArchive'), body)
      expect(answer.status).toBe(202)
      expect(answer.headers.get('x-oss-object-restore-priority')).toBe('Standard')
    },
  )

  it.each([
    ['Standard', '', 400, 'OperationNotSupported'],
    ['IA', days(1), 400, 'OperationNotSupported'],
    ['Archive', days(99), 400, 'InvalidArgument'],
    ['Archive', tier('Standard'), 400, 'MalformedXML'],
    ['ColdArchive', days(366), 400, 'InvalidArgument'],
    ['ColdArchive', tier('Tomorrow'), 400, 'InvalidArgument'],
    ['ColdArchive', tier('toString'), 400, 'InvalidArgument'],
    ['DeepColdArchive', tier('Bulk'), 400, 'InvalidArgument'],
    ['Archive', '<RestoreRequest>', 400, 'MalformedXML'],
    ['Archive', '<RestoreRequest><Days>-1</Days></RestoreRequest>', 400, 'MalformedXML'],
  ])('of %s refuses %j with %i %s', async (storageClass, body, status, code) => {
    const key = await put(storageClass)
    const answer = await restore(key, body)
    expect([answer.status, answer.code]).toEqual([status, code])
    expect((await head(key)).headers.get('x-oss-restore')).toBeNull()
  })

  it('refuses JobParameters of Archive also while a restore runs', async () => {
    const key = await put('Archive')
    await restore(key)
    expect((await restore(key, tier('Standard'))).code).toBe('MalformedXML')
  })

  it('refuses an object that is not there', async () => {
    const missing = await restore('missing')
    expect([missing.status, missing.code]).toEqual([404, 'NoSuchKey'])
  })

  it('ends with the object that it was asked for', async () => {
    const key = await put('Archive')
    await restore(key)
    time += MINUTE
    const headers = { 'x-oss-storage-class': 'Archive' }
    await service.call({ method: 'PUT', bucket, key, body: 'another', headers })
    expect((await get(key)).code).toBe('InvalidObjectState')
  })

  it('takes no longer than the operator says', async () => {
    const quick = await startTestService({ restoreMs: 0 })
    await quick.makeBucket({ name: bucket })
    const key = await put('DeepColdArchive', quick)
    expect((await restore(key, '', quick)).status).toBe(202)
    expect((await quick.call({ method: 'GET', bucket, key })).text).toBe('123456789')
    expect((await restore(key, '', quick)).status).toBe(200)
  })

  it('is possible by a URL that carries its signature', async () => {
    for (const signature of ['v1', 'v4'] as const) {
      const request = { method: 'POST', bucket, key: await put('Archive'), query: { restore: '' } }
      const answer = await service.call({ ...request, presigned: true, signature })
      expect(answer.status).toBe(202)
    }
  })

  itRefusesStrangers(service, { method: 'POST', bucket, key: 'any', query: { restore: '' } })
})

describe('a link to an archived object', () => {
  it('leads to bytes only while those are restored', async () => {
    const key = await put('Archive')
    const headers = { 'x-oss-symlink-target': key }
    await service.call({ method: 'PUT', bucket, key: 'link', query: { symlink: '' }, headers })
    expect((await get('link')).code).toBe('InvalidObjectState')
    await restore(key)
    time += MINUTE
    expect((await get('link')).text).toBe('123456789')
    expect((await restore('link')).code).toBe('OperationNotSupported')
  })
})
