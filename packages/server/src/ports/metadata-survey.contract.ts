/** The contract of metadata stores: what a survey counts. */

import { expect, test } from 'vitest'
import {
  collectAll,
  commitParts,
  manifestOf,
  type OpenMetadata,
  objectOf,
  openUpload,
  openWithBucket,
  partNumbered,
} from './metadata-samples.contract.ts'

export function describeSurvey(open: OpenMetadata): void {
  test('a survey counts open uploads, those of long ago apart, and garbage', async () => {
    const { metadata, clock } = await openWithBucket(open)
    const nothing = {
      openUploads: 0,
      openUploadBytes: 0,
      staleUploads: 0,
      staleUploadBytes: 0,
      garbageItems: 0,
    }
    expect(await metadata.survey({ staleBefore: clock.now() })).toEqual(nothing)

    const old = await openUpload(metadata, 'old')
    await commitParts(metadata, old, 1_500)
    const oldBytes = 1_500 * 100 + (1_500 * 1_501) / 2
    const between = clock.advance(1_000)
    const young = await openUpload(metadata, 'young')
    await metadata.commitPart(young, partNumbered(7, { size: 1_000 }))
    await openUpload(metadata, 'empty')
    await metadata.putObject(objectOf('a', manifestOf(2)))
    await metadata.deleteObject('photos', 'a')
    const full = {
      openUploads: 3,
      openUploadBytes: oldBytes + 1_000,
      staleUploads: 1,
      staleUploadBytes: oldBytes,
      garbageItems: 1,
    }
    expect(await metadata.survey({ staleBefore: between })).toEqual(full)

    await metadata.commitPart(young, partNumbered(7, { size: 10 }))
    expect(await metadata.survey({ staleBefore: between })).toEqual({
      ...full,
      openUploadBytes: oldBytes + 10,
      garbageItems: 2,
    })
    await metadata.abortUpload(old)
    await metadata.abortUpload(young)
    await collectAll(metadata, clock.advance(1))
    expect(await metadata.survey({ staleBefore: clock.advance(1_000) })).toEqual({
      ...nothing,
      openUploads: 1,
      staleUploads: 1,
    })
  })
}
