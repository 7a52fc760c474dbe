import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { UploadRef } from '../ports/metadata-store.ts'
import {
  initiate,
  openStore,
  putPart,
  putText,
  unknownUpload,
} from '../store/store-samples.contract.ts'
import { ABSENT, type Acknowledged, checkAcknowledged, MARKER } from './check-acknowledged.ts'

const nothing: Acknowledged = { buckets: ['photos'], keys: [], uploads: [], initiating: [] }

function etag(text: string): string {
  return createHash('md5').update(text).digest('hex').toUpperCase()
}

function key(key: string, newest: readonly string[]): Acknowledged['keys'][number] {
  return { bucket: 'photos', key, newest, unanswered: [] }
}

function upload(
  ref: UploadRef,
  more: Partial<Acknowledged['uploads'][number]> = {},
): Acknowledged['uploads'][number] {
  return { ...ref, state: 'open', parts: [], ...more }
}

async function verdict(
  acknowledged: Partial<Acknowledged>,
  prepare: (store: Awaited<ReturnType<typeof openStore>>) => Promise<unknown> = async () => {},
): Promise<readonly string[]> {
  const open = await openStore()
  await prepare(open)
  const broken = await checkAcknowledged(open.metadata, { ...nothing, ...acknowledged })
  return broken.map(({ kind, what }) => `${kind}: ${what}`)
}

test('a store that holds what was acknowledged breaks no promise', async () => {
  const { store, metadata } = await openStore()
  await putText(store, 'a', 'one')
  const ref = await initiate(store, 'b')
  await putPart(store, ref, 1, 'part')
  const parts = [{ partNumber: 1, is: [etag('part')] }]
  const acknowledged = { keys: [key('a', [etag('one')])], uploads: [upload(ref, { parts })] }
  expect(await checkAcknowledged(metadata, { ...nothing, ...acknowledged })).toEqual([])
})

test('a bucket, an object, an upload and a part that were acknowledged and are not there are lost', async () => {
  const { store, metadata } = await openStore()
  const ref = await initiate(store, 'b')
  const parts = [{ partNumber: 1, is: [etag('part')] }]
  const broken = await checkAcknowledged(metadata, {
    ...nothing,
    buckets: ['photos', 'films'],
    keys: [key('a', [etag('one')])],
    uploads: [upload(ref, { parts }), upload(unknownUpload)],
  })
  expect(broken.map(({ kind }) => kind)).toEqual(['lost', 'lost', 'lost', 'lost'])
})

test('an object, an upload and a part that nobody asked for are told of', async () => {
  expect(await verdict({}, ({ store }) => putText(store, 'a', 'one'))).toEqual([
    `unasked: photos/a is ${etag('one')}, and may be absent`,
  ])
  expect(await verdict({}, ({ store }) => initiate(store, 'b'))).toEqual([
    expect.stringMatching(/^unasked: upload/),
  ])
  const { store, metadata } = await openStore()
  const ref = await initiate(store, 'b')
  await putPart(store, ref, 3, 'part')
  const broken = await checkAcknowledged(metadata, { ...nothing, uploads: [upload(ref)] })
  expect(broken).toMatchObject([{ kind: 'unasked' }])
})

test('what is without an answer may have happened or not', async () => {
  const keys = [key('a', [ABSENT, etag('one')])]
  expect(await verdict({ keys })).toEqual([])
  expect(await verdict({ keys }, ({ store }) => putText(store, 'a', 'one'))).toEqual([])
  const initiating = [{ bucket: 'photos', key: 'b' }]
  expect(await verdict({ initiating }, ({ store }) => initiate(store, 'b'))).toEqual([])
})

test('a completion without an answer has happened in full or not at all', async () => {
  const ended = upload(unknownUpload, { state: 'ending', becomes: etag('whole') })
  const keys = [key(unknownUpload.key, [ABSENT, etag('whole')])]
  expect(await verdict({ uploads: [ended], keys })).toEqual([
    expect.stringMatching(/has become nothing/),
  ])
  const { store, metadata } = await openStore()
  const ref = await initiate(store, 'b')
  await putText(store, 'b', 'whole')
  const broken = await checkAcknowledged(metadata, {
    ...nothing,
    keys: [key('b', [ABSENT, etag('whole')])],
    uploads: [upload(ref, { state: 'ending', becomes: etag('whole') })],
  })
  expect(broken).toMatchObject([
    { kind: 'unasked', what: expect.stringMatching(/open and completed/) },
  ])
})

test('an upload that was ended and is open again is told of', async () => {
  const { store, metadata } = await openStore()
  const ref = await initiate(store, 'b')
  const uploads = [upload(ref, { state: 'ended' })]
  const broken = await checkAcknowledged(metadata, { ...nothing, uploads })
  expect(broken).toMatchObject([{ kind: 'unasked', what: expect.stringMatching(/is open$/) }])
})

test('each version that was told of is there, unless its deletion was asked for', async () => {
  const { store, metadata } = await openStore()
  await store.setVersioning('photos', 'Enabled')
  await putText(store, 'a', 'one')
  const { versionId: marker } = await store.deleteObject('photos', 'a')
  const told = (versions: NonNullable<Acknowledged['keys'][number]['versions']>) =>
    checkAcknowledged(metadata, { ...nothing, keys: [{ ...key('a', [MARKER]), versions }] })
  const gone = { versionId: '0'.repeat(32), is: etag('zero'), perhapsGone: false }
  const there = { versionId: marker ?? '', is: MARKER, perhapsGone: false }
  expect((await told([gone, there])).map(({ kind }) => kind)).toEqual(['lost', 'unasked'])
  const { rows } = await metadata.listVersions('photos', {
    prefix: '',
    delimiter: '',
    after: undefined,
    afterVersionId: undefined,
    limit: 10,
  })
  const versions = rows.flatMap((entry) =>
    entry.kind === 'row' && entry.row.kind === 'object'
      ? [{ versionId: entry.row.object.versionId, is: etag('one'), perhapsGone: false }]
      : [],
  )
  expect(await told([...versions, there, { ...gone, perhapsGone: true }])).toEqual([])
})
