import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()

describe('DeleteObject', () => {
  it('answers 204, whether there was an object or not, and says nothing of versions', async () => {
    await service.call({ method: 'PUT', bucket, key: 'k', body: 'x' })
    for (let round = 0; round < 2; round += 1) {
      const answer = await service.call({ method: 'DELETE', bucket, key: 'k' })
      expect([answer.status, answer.statusText, answer.text]).toEqual([204, 'No Content', ''])
      expect(answer.headers.get('x-oss-version-id')).toBeNull()
      expect(answer.headers.get('x-oss-delete-marker')).toBeNull()
      expect((await service.call({ method: 'HEAD', bucket, key: 'k' })).status).toBe(404)
    }
  })

  it('takes a body and drops it', async () => {
    const answer = await service.call({
      method: 'DELETE',
      bucket,
      key: 'k',
      body: 'x'.repeat(1000),
    })
    expect(answer.status).toBe(204)
  })

  it('deletes the version that an unversioned bucket has, and refuses no version at all', async () => {
    await service.call({ method: 'PUT', bucket, key: 'null' })
    const only = { method: 'DELETE', bucket, key: 'null', query: { versionId: 'null' } }
    expect((await service.call(only)).status).toBe(204)
    expect((await service.call({ method: 'HEAD', bucket, key: 'null' })).status).toBe(404)
    const none = await service.call({ ...only, query: { versionId: '' } })
    expect([none.status, none.code]).toEqual([400, 'InvalidArgument'])
  })

  itRefusesStrangers(service, { method: 'DELETE', bucket, key: 'k' })
})
