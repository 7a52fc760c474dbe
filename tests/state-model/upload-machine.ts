/**
 * Two uploads of one key with two parts each, and three actors that do anything to them: the steps
 * that the ports make atomic, with everything that can come between two of them. What a completion
 * comes to is decided by the rule of the server itself.
 */

import { md5ETag, OssError, type UploadId } from '@lading/protocol'
import type { BlobId } from '../../packages/server/src/ports/blob-store.ts'
import type { Part, Upload } from '../../packages/server/src/ports/metadata-store.ts'
import { decide } from '../../packages/server/src/store/complete-upload.ts'

/** What the server does and a mutation leaves out. All true is the server. */
export interface Rules {
  /** A completion that was decided on parts of before is decided again. */
  readonly comparesEpochs: boolean
  /** A completion looks whether the upload is still open when it publishes. */
  readonly completesOpenAlone: boolean
  /** A part looks whether the upload is still open when it is committed. */
  readonly commitsToOpenAlone: boolean
  /** A publish refuses blobs that the collector has claimed. */
  readonly refusesCondemned: boolean
  /** The collector claims a blob that nothing names before it deletes it. */
  readonly condemnsFirst: boolean
  /** A claim is checked against the rows in the transaction that makes it. */
  readonly checksClaims: boolean
  /** A claim is forgotten only when no write can publish the blob any more. */
  readonly awaitsWrites: boolean
  /** What a part replaces is deleted after the commit, by the collector. */
  readonly collectsAfterCommit: boolean
  /** Parts that a completion leaves out become garbage. */
  readonly dropsTheRest: boolean
  /** The collector spares what a read that began before still needs. */
  readonly sparesReads: boolean
  /** A part is acknowledged when it is committed, and not when it is written. */
  readonly acknowledgesLast: boolean
}

export const serverRules: Rules = {
  comparesEpochs: true,
  completesOpenAlone: true,
  commitsToOpenAlone: true,
  refusesCondemned: true,
  condemnsFirst: true,
  checksClaims: true,
  awaitsWrites: true,
  collectsAfterCommit: true,
  dropsTheRest: true,
  sparesReads: true,
  acknowledgesLast: true,
}

/** Blobs are numbered; 0 is none. */
type Blob = number

/** By part number less one. */
type Parts = readonly [Blob, Blob]

export type Actor =
  | { readonly does: 'nothing' }
  /** Has written the blob and is to commit it. */
  | { readonly does: 'put'; readonly upload: number; readonly part: number; readonly blob: Blob }
  /** Has read `held`; `moved`: a part was committed since. `asked` is what its client lists. */
  | {
      readonly does: 'complete'
      readonly upload: number
      readonly asked: Parts
      readonly held: Parts
      readonly moved: boolean
    }
  /** Has still to read `left`; `spared` became garbage meanwhile. */
  | { readonly does: 'read'; readonly left: readonly Blob[]; readonly spared: readonly Blob[] }
  | {
      readonly does: 'collect'
      readonly step: 'delete' | 'settle' | 'condemn' | 'delete-condemned' | 'absolve'
      readonly blob: Blob
    }

export interface Budget {
  readonly puts: number
  readonly completions: number
  readonly aborts: number
  readonly reads: number
  readonly collections: number
  readonly crashes: number
}

export interface State {
  readonly uploads: readonly [UploadState, UploadState]
  /** The blobs of the object of the key; `undefined`: there is none. */
  readonly object: readonly Blob[] | undefined
  /** Blobs that a row names, or that are garbage. */
  readonly claimed: readonly Blob[]
  readonly garbage: readonly Blob[]
  readonly condemned: readonly Blob[]
  /** Blobs whose file is there. */
  readonly files: readonly Blob[]
  readonly actors: readonly Actor[]
  readonly budget: Budget
  readonly nextBlob: Blob
  /** What went wrong in a step. */
  readonly fault: string | undefined
}

interface UploadState {
  readonly open: boolean
  readonly parts: Parts
  /** What clients were told. */
  readonly acknowledged: Parts
  readonly completed: boolean
  readonly aborted: boolean
}

export interface Step {
  readonly name: string
  /** Who makes it; `undefined`: it is the crash. */
  readonly actor: number | undefined
  readonly next: State
}

const noParts: Parts = [0, 0]
const idle: Actor = { does: 'nothing' }
const newUpload: UploadState = {
  open: true,
  parts: noParts,
  acknowledged: noParts,
  completed: false,
  aborted: false,
}

export function firstState(budget: Budget): State {
  return {
    uploads: [newUpload, newUpload],
    object: undefined,
    claimed: [],
    garbage: [],
    condemned: [],
    files: [],
    actors: [idle, idle, idle],
    budget,
    nextBlob: 1,
    fault: undefined,
  }
}

type Change = Pick<Step, 'name' | 'next'>

/** Every step that anybody can make now. */
export function* stepsFrom(state: State, rules: Rules): Generator<Step> {
  let anyIdle = false
  for (const [index, actor] of state.actors.entries()) {
    // Idle ones are alike.
    if (actor.does === 'nothing' && anyIdle) continue
    anyIdle ||= actor.does === 'nothing'
    for (const { name, next } of stepsOf(state, rules, index, actor)) {
      yield { name: `${index}: ${name}`, actor: index, next }
    }
  }
  if (state.budget.crashes > 0) yield { name: 'crash', actor: undefined, next: crash(state) }
}

function stepsOf(state: State, rules: Rules, index: number, actor: Actor): Generator<Change> {
  switch (actor.does) {
    case 'nothing':
      return begin(state, rules, index)
    case 'put':
      return one('commit part', commitPart(state, rules, index, actor))
    case 'complete':
      return one('publish', publish(state, rules, index, actor))
    case 'read':
      return one('read', readOn(state, index, actor))
    case 'collect':
      return collectOn(state, rules, index, actor)
  }
}

function* one(name: string, next: State): Generator<Change> {
  yield { name, next }
}

function* begin(state: State, rules: Rules, index: number): Generator<Change> {
  const { budget } = state
  for (const upload of [0, 1] as const) {
    const { open, acknowledged, parts } = state.uploads[upload]
    if (!open) continue
    for (const part of [0, 1] as const) {
      if (budget.puts === 0) continue
      yield {
        name: `write part ${upload}.${part}`,
        next: beginPut(state, rules, index, upload, part),
      }
    }
    const asked = acknowledged
    if (budget.completions > 0 && asked.some((blob) => blob !== 0)) {
      const actor: Actor = { does: 'complete', upload, asked, held: parts, moved: false }
      const next = spend(withActor(state, index, actor), 'completions')
      yield { name: `read parts ${upload}`, next }
    }
    if (budget.aborts > 0) {
      yield { name: `abort ${upload}`, next: spend(abort(state, upload), 'aborts') }
    }
  }
  if (budget.reads > 0 && state.object !== undefined) {
    const actor: Actor = { does: 'read', left: state.object, spared: [] }
    yield { name: 'open object', next: spend(withActor(state, index, actor), 'reads') }
  }
  if (budget.collections > 0) yield* beginCollection(state, rules, index)
}

function beginPut(state: State, rules: Rules, index: number, upload: 0 | 1, part: 0 | 1): State {
  const blob = state.nextBlob
  const { parts } = state.uploads[upload]
  const replaced = parts[part]
  let next: State = {
    ...withActor(state, index, { does: 'put', upload, part, blob }),
    nextBlob: blob + 1,
    files: [...state.files, blob],
  }
  if (!rules.collectsAfterCommit) next = { ...next, files: without(next.files, [replaced]) }
  if (!rules.acknowledgesLast) next = acknowledge(next, upload, part, blob)
  return spend(next, 'puts')
}

function commitPart(
  state: State,
  rules: Rules,
  index: number,
  { upload: at, part, blob }: Extract<Actor, { readonly does: 'put' }>,
): State {
  const upload = state.uploads[at === 0 ? 0 : 1]
  const done = withActor(state, index, idle)
  // What is refused is deleted at once.
  const refused = { ...done, files: without(done.files, [blob]) }
  if (rules.commitsToOpenAlone && !upload.open) return refused
  if (rules.refusesCondemned && state.condemned.includes(blob)) return refused
  const replaced = upload.parts[part === 0 ? 0 : 1]
  const committed = {
    ...withUpload(done, at, { parts: withPart(upload.parts, part, blob) }),
    claimed: [...state.claimed, blob],
    actors: done.actors.map((actor) =>
      actor.does === 'complete' && actor.upload === at ? { ...actor, moved: true } : actor,
    ),
  }
  const discarded = discard(committed, replaced === 0 ? [] : [replaced])
  return rules.acknowledgesLast ? acknowledge(discarded, at, part, blob) : discarded
}

function publish(
  state: State,
  rules: Rules,
  index: number,
  actor: Extract<Actor, { readonly does: 'complete' }>,
): State {
  const upload = state.uploads[actor.upload === 0 ? 0 : 1]
  const done = withActor(state, index, idle)
  if (rules.completesOpenAlone && !upload.open) return done
  if (rules.comparesEpochs && actor.moved) {
    return withActor(state, index, { ...actor, held: upload.parts, moved: false })
  }
  const made = complete(actor.asked, actor.held)
  if (made === undefined) return done
  const replaced = state.object ?? []
  const ended = withUpload({ ...done, object: made.object }, actor.upload, {
    open: false,
    parts: noParts,
    completed: true,
  })
  const wanted = actor.asked.filter((blob) => blob !== 0)
  const whole = wanted.join() === made.object.join()
  const discarded = discard(ended, [...replaced, ...(rules.dropsTheRest ? made.dropped : [])])
  return whole ? discarded : { ...discarded, fault: 'an object of other parts than were asked for' }
}

/** The server's own rule; `undefined` when it refuses. */
function complete(
  asked: Parts,
  held: Parts,
): { readonly object: readonly Blob[]; readonly dropped: readonly Blob[] } | undefined {
  const references = listed(asked).map(({ partNumber, blob }) => {
    return { partNumber, etag: md5ETag(md5Of(blob)) }
  })
  const rule = decide(upload, { parts: references, forbidOverwrite: false }, new Date(0))
  try {
    rule.page(listed(held).map(({ partNumber, blob }) => partOf(partNumber, blob)))
    const { object, dropped } = rule.finish(undefined)
    return {
      object: object.manifest.map(({ blobId }) => Number(blobId)),
      dropped: dropped.map(Number),
    }
  } catch (error) {
    if (error instanceof OssError) return undefined
    throw error
  }
}

function listed(parts: Parts): { readonly partNumber: number; readonly blob: Blob }[] {
  return parts.map((blob, at) => ({ partNumber: at + 1, blob })).filter(({ blob }) => blob !== 0)
}

const upload: Upload = {
  bucket: 'model',
  key: 'key',
  uploadId: '0' as UploadId,
  initiatedAt: new Date(0),
  attributes: { contentType: '', headers: {}, userMetadata: {}, storageClass: 'Standard' },
}

/** A part whose bytes are like no other blob's. */
export function partOf(partNumber: number, blob: Blob): Part {
  return {
    partNumber,
    blobId: String(blob) as BlobId,
    size: 102_400,
    md5: md5Of(blob),
    crc64: BigInt(blob),
    uploadedAt: new Date(0),
  }
}

function md5Of(blob: Blob): Uint8Array {
  return new Uint8Array(16).fill(blob)
}

function abort(state: State, at: 0 | 1): State {
  const { parts } = state.uploads[at]
  const ended = withUpload(state, at, { open: false, parts: noParts, aborted: true })
  return discard(
    ended,
    parts.filter((blob) => blob !== 0),
  )
}

function readOn(
  state: State,
  index: number,
  actor: Extract<Actor, { readonly does: 'read' }>,
): State {
  const [blob, ...left] = actor.left
  if (blob === undefined) return withActor(state, index, idle)
  const next = withActor(state, index, { ...actor, left })
  return state.files.includes(blob) ? next : { ...next, fault: 'a read that lost its bytes' }
}

function* beginCollection(state: State, rules: Rules, index: number): Generator<Change> {
  const start = (step: 'delete' | 'condemn' | 'delete-condemned', blob: Blob): State =>
    spend(withActor(state, index, { does: 'collect', step, blob }), 'collections')
  const spared = rules.sparesReads
    ? state.actors.flatMap((actor) => (actor.does === 'read' ? actor.spared : []))
    : []
  for (const blob of without(state.garbage, spared)) {
    yield { name: `collect ${blob}`, next: start('delete', blob) }
  }
  for (const blob of state.condemned) {
    yield { name: `go on with ${blob}`, next: start('delete-condemned', blob) }
  }
  for (const blob of without(state.files, [...state.condemned])) {
    // It looks at the rows later, in the transaction; here it only finds a file.
    yield { name: `find ${blob}`, next: start('condemn', blob) }
  }
}

function* collectOn(
  state: State,
  rules: Rules,
  index: number,
  { step, blob }: Extract<Actor, { readonly does: 'collect' }>,
): Generator<Change> {
  const to = (next: State, later?: 'settle' | 'delete-condemned' | 'absolve'): State =>
    withActor(next, index, later === undefined ? idle : { does: 'collect', step: later, blob })
  const deleted = { ...state, files: without(state.files, [blob]) }
  const settled = {
    ...state,
    garbage: without(state.garbage, [blob]),
    claimed: without(state.claimed, [blob]),
  }
  switch (step) {
    case 'delete':
      yield { name: 'delete file', next: to(deleted, 'settle') }
      return
    case 'settle':
      yield { name: 'settle', next: to(settled) }
      return
    case 'condemn': {
      const free = !rules.checksClaims || !state.claimed.includes(blob)
      const condemned = { ...state, condemned: [...state.condemned, blob] }
      if (!free) yield { name: 'leave', next: to(state) }
      else if (rules.condemnsFirst)
        yield { name: 'condemn', next: to(condemned, 'delete-condemned') }
      else yield { name: 'delete unnamed', next: to(deleted) }
      return
    }
    case 'delete-condemned':
      yield { name: 'delete condemned', next: to(deleted, 'absolve') }
      return
    case 'absolve': {
      const written = state.actors.some((actor) => actor.does === 'put' && actor.blob === blob)
      if (written && rules.awaitsWrites) return
      yield {
        name: 'absolve',
        next: to({ ...state, condemned: without(state.condemned, [blob]) }),
      }
    }
  }
}

/** All that was under way is over; what is on the disk stays. */
function crash(state: State): State {
  return spend({ ...state, actors: [idle, idle, idle] }, 'crashes')
}

/** Blobs become garbage, and those who read now are to be spared. */
function discard(state: State, blobs: readonly Blob[]): State {
  if (blobs.length === 0) return state
  return {
    ...state,
    garbage: [...state.garbage, ...blobs],
    actors: state.actors.map((actor) =>
      actor.does === 'read' ? { ...actor, spared: [...actor.spared, ...blobs] } : actor,
    ),
  }
}

function acknowledge(state: State, at: number, part: number, blob: Blob): State {
  const { acknowledged } = state.uploads[at === 0 ? 0 : 1]
  return withUpload(state, at, { acknowledged: withPart(acknowledged, part, blob) })
}

function withPart(parts: Parts, part: number, blob: Blob): Parts {
  return part === 0 ? [blob, parts[1]] : [parts[0], blob]
}

function withUpload(state: State, at: number, change: Partial<UploadState>): State {
  const [first, second] = state.uploads
  return {
    ...state,
    uploads: at === 0 ? [{ ...first, ...change }, second] : [first, { ...second, ...change }],
  }
}

function withActor(state: State, index: number, actor: Actor): State {
  return { ...state, actors: state.actors.map((other, at) => (at === index ? actor : other)) }
}

function spend(state: State, what: keyof Budget): State {
  return { ...state, budget: { ...state.budget, [what]: state.budget[what] - 1 } }
}

function without(blobs: readonly Blob[], gone: readonly Blob[]): readonly Blob[] {
  return blobs.filter((blob) => !gone.includes(blob))
}
