import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { tagging: '' }
const body =
  '<Tagging><TagSet><Tag><Key>k2</Key><Value>2</Value></Tag><Tag><Key>k1</Key><Value>1</Value></Tag><Tag><Key>k3</Key><Value>3</Value></Tag></TagSet></Tagging>'
const keys = async (): Promise<(string | undefined)[]> => {
  const { text } = await service.call({ method: 'GET', bucket, query })
  return [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key)
}

describe('DeleteBucketTags', () => {
  it('deletes those that are named and leaves the others in their order', async () => {
    await service.call({ method: 'PUT', bucket, query, body })
    const named = { tagging: 'k1,k9', other: 'ignored' }
    expect((await service.call({ method: 'DELETE', bucket, query: named })).status).toBe(204)
    expect(await keys()).toEqual(['k2', 'k3'])
    const rest = { tagging: 'k2,k3' }
    expect((await service.call({ method: 'DELETE', bucket, query: rest })).status).toBe(204)
    expect(await keys()).toEqual([])
  })

  it('deletes all of them when none is named, and again when there is none', async () => {
    await service.call({ method: 'PUT', bucket, query, body })
    for (const _ of ['once', 'and again']) {
      expect((await service.call({ method: 'DELETE', bucket, query })).status).toBe(204)
      expect(await keys()).toEqual([])
    }
  })

  itRefusesStrangers(service, { method: 'DELETE', bucket, query })
})
