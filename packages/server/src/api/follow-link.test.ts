import { OssError } from '@lading/protocol'
import { describe, expect, test } from 'vitest'
import { noAttributes } from '../store/store-samples.contract.ts'
import { openService, refusalOf } from './api-samples.contract.ts'
import { getObject } from './get-object.ts'
import { getObjectMeta } from './get-object-meta.ts'
import { headObject } from './head-object.ts'
import type { WantedAccess } from './operation.ts'
import { putObject } from './put-object.ts'

describe('reading through a link', () => {
  test.each([getObject, headObject, getObjectMeta])(
    '$name asks leave to read the target too, and without it tells nothing of it',
    async (operation) => {
      const { ask, store } = await openService()
      await ask(putObject, { key: 'secret', body: 'the secret' })
      await store.putSymlink({
        bucket: 'photos',
        key: 'link',
        target: 'secret',
        attributes: noAttributes,
        forbidOverwrite: false,
      })
      const asked: WantedAccess[] = []
      const refuse = async (wanted: WantedAccess): Promise<void> => {
        asked.push(wanted)
        throw new OssError('AccessDenied')
      }
      const refusal = await refusalOf(ask(operation, { key: 'link', authorize: refuse }))
      expect(refusal.code).toBe('AccessDenied')
      expect(asked).toEqual([
        { action: 'oss:GetObject', access: 'read', bucket: 'photos', key: 'secret' },
      ])
    },
  )
})
