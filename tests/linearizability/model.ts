/**
 * What one key and its uploads answer when they are asked one thing at a time: the sequential
 * meaning that every concurrent history has to be explained by.
 */

import { MIN_PART_SIZE } from '@lading/protocol'

/** What was asked of one key. ETags are those of the bytes sent, so each attempt has its own. */
export type Question =
  | {
      readonly kind: 'part'
      readonly uploadId: string
      readonly partNumber: number
      readonly etag: string
      readonly size: number
    }
  | { readonly kind: 'list-parts'; readonly uploadId: string }
  | {
      readonly kind: 'complete'
      readonly uploadId: string
      readonly parts: readonly (readonly [partNumber: number, etag: string])[]
      /** The ETag of the object that these parts make. */
      readonly makes: string
    }
  | { readonly kind: 'abort'; readonly uploadId: string }
  | { readonly kind: 'get' }
  | { readonly kind: 'put'; readonly etag: string }
  | { readonly kind: 'delete' }

interface HeldPart {
  readonly etag: string
  readonly size: number
}

type Parts = ReadonlyMap<number, HeldPart>

/** A state of one key; never changed, only followed by another one. */
export interface KeyState {
  /** The ETag of the object that is there. */
  readonly object: string | undefined
  /** By upload id; of one that was completed or aborted there is nothing any more. */
  readonly uploads: ReadonlyMap<string, Parts | 'ended'>
  /** Equal for equal states of one history. */
  readonly name: string
}

/** Nothing is there, and the uploads are open: nobody can ask about one before its id is known. */
export function beginning(uploadIds: Iterable<string>): KeyState {
  return named(undefined, new Map([...uploadIds].map((id) => [id, new Map()])))
}

export interface Outcome {
  readonly answer: string
  readonly next: KeyState
}

/** What is answered, and what is there afterwards. */
export function ask(state: KeyState, question: Question): Outcome {
  switch (question.kind) {
    case 'get': {
      const answer = state.object === undefined ? 'NoSuchKey' : objectAnswer(state.object)
      return { answer, next: state }
    }
    case 'put':
      return { answer: 'ok', next: named(question.etag, state.uploads) }
    case 'delete':
      return { answer: 'ok', next: named(undefined, state.uploads) }
    default: {
      const parts = state.uploads.get(question.uploadId)
      if (parts === undefined || parts === 'ended') return { answer: 'NoSuchUpload', next: state }
      return askUpload(state, parts, question)
    }
  }
}

function askUpload(
  state: KeyState,
  parts: Parts,
  question: Extract<Question, { readonly uploadId: string }>,
): Outcome {
  const { uploadId } = question
  switch (question.kind) {
    case 'part': {
      const { partNumber, etag, size } = question
      const next = new Map([...parts, [partNumber, { etag, size }] as const])
      return { answer: 'ok', next: withUpload(state, uploadId, next) }
    }
    case 'list-parts':
      return { answer: partsAnswer(parts), next: state }
    case 'abort':
      return { answer: 'ok', next: withUpload(state, uploadId, 'ended') }
    case 'complete': {
      const refusal = refusalOf(parts, question.parts)
      if (refusal !== undefined) return { answer: refusal, next: state }
      const ended = withUpload(state, uploadId, 'ended')
      return { answer: 'ok', next: named(question.makes, ended.uploads) }
    }
  }
}

function refusalOf(
  held: Parts,
  listed: readonly (readonly [number, string])[],
): string | undefined {
  if (listed.some(([number, etag]) => held.get(number)?.etag !== etag)) return 'InvalidPart'
  const small = listed
    .slice(0, -1)
    .some(([number]) => (held.get(number)?.size ?? 0) < MIN_PART_SIZE)
  return small ? 'EntityTooSmall' : undefined
}

/** What a ListParts comes to that shows these parts. */
export function partsAnswer(parts: Parts): string {
  const shown = [...parts]
    .sort(([left], [right]) => left - right)
    .map(([number, { etag, size }]) => `${number}:${etag}/${size}`)
  return `parts ${shown.join(' ')}`
}

/** What a GetObject comes to that gives the bytes of this ETag. */
export function objectAnswer(etag: string): string {
  return `object ${etag}`
}

function withUpload(state: KeyState, uploadId: string, parts: Parts | 'ended'): KeyState {
  return named(state.object, new Map([...state.uploads, [uploadId, parts] as const]))
}

function named(object: string | undefined, uploads: KeyState['uploads']): KeyState {
  // Setting a key that is there keeps its place, so uploads always come in the same order.
  const texts = [...uploads.values()].map((parts) =>
    parts === 'ended' ? parts : partsAnswer(parts),
  )
  return { object, uploads, name: `${object ?? 'nothing'};${texts.join(';')}` }
}
