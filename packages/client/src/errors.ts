/** What can go wrong besides a refusal (`OssError`): no answer, wrong bytes, somebody else at work. */

import { OssError } from '@lading/protocol'

/** What is known of the request that failed; `undefined` where nothing is. */
export interface FailureFacts {
  /** OSS's name of the call. */
  readonly operation?: string | undefined
  /** The HTTP status of the answer. */
  readonly status?: number | undefined
  /** Quote it to the service's support. */
  readonly requestId?: string | undefined
  /** OSS's finer error number. */
  readonly ec?: string | undefined
  /** The upload that it was about. */
  readonly uploadId?: string | undefined
  /** The part that it was about. */
  readonly partNumber?: number | undefined
}

/** What these errors know, under the names that `OssError` has for it. */
abstract class Failure extends Error {
  /** That of the cause, such as `ECONNRESET`. */
  readonly code: string | undefined
  /** OSS's name of the call that failed; `undefined` where the bytes of several calls are compared. */
  readonly operation: string | undefined
  readonly status: number | undefined
  readonly requestId: string | undefined
  readonly ec: string | undefined
  readonly uploadId: string | undefined
  readonly partNumber: number | undefined
  /** Whether the same may succeed if it is tried again. */
  abstract readonly retryable: boolean

  constructor(message: string, options: ErrorOptions & FailureFacts = {}) {
    super(message, options)
    const cause = options.cause as { readonly code?: unknown } | null | undefined
    this.code = typeof cause?.code === 'string' ? cause.code : undefined
    this.operation = options.operation
    this.status = options.status
    this.requestId = options.requestId
    this.ec = options.ec
    this.uploadId = options.uploadId
    this.partNumber = options.partNumber
  }
}

/**
 * Adds to an error what is known of its request; what it knows already stays.
 *
 * @returns The error.
 */
export function withFacts(error: unknown, facts: FailureFacts): unknown {
  if (!(error instanceof OssError || error instanceof Failure)) return error
  const { operation, partNumber } = facts
  if (operation && error instanceof TransportError && !error.message.includes(operation)) {
    const part = partNumber === undefined ? '' : ` of part ${partNumber}`
    error.message = `${operation}${part}: ${error.message}`
  }
  return Object.assign(error, {
    operation: error.operation ?? operation,
    status: error.status ?? facts.status,
    requestId: error.requestId ?? facts.requestId,
    ec: error.ec ?? facts.ec,
    uploadId: error.uploadId ?? facts.uploadId,
    partNumber: error.partNumber ?? partNumber,
  })
}

/**
 * There is no trustworthy answer: the connection failed, fell silent, or brought something that is
 * not OSS. The operation may have happened all the same.
 */
export class TransportError extends Failure {
  override readonly name = 'TransportError'
  override readonly retryable = true
}

/** What the bytes of an `IntegrityError` are. */
export type IntegritySubject = 'part' | 'object' | 'source'

/**
 * The bytes disagree with their checksum, or the source is no longer what it was. A part is sent
 * again before anyone hears of it; an object or a source is for a human to look at.
 */
export class IntegrityError extends Failure {
  override readonly name = 'IntegrityError'
  readonly subject: IntegritySubject
  override readonly retryable: boolean

  constructor(subject: IntegritySubject, message: string, options?: ErrorOptions & FailureFacts) {
    super(message, options)
    this.subject = subject
    this.retryable = subject === 'part'
  }
}

/** Another process, or another upload of this one, holds the checkpoint. */
export class CheckpointLockedError extends Error {
  override readonly name = 'CheckpointLockedError'
  /** The process that holds it; 0 for another page of this browser. */
  readonly pid: number
  readonly host: string
  /** The lock file, or the name of the lock. */
  readonly path: string

  constructor(
    holder: { pid: number; host: string; path: string },
    message: string = `The process ${holder.pid} on ${holder.host} is already at the same upload or download. If it is not, delete ${holder.path}.`,
  ) {
    super(message)
    this.pid = holder.pid
    this.host = holder.host
    this.path = holder.path
  }
}

/** There are no keys to sign with: where they were to come from has none, or cannot be asked. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError'
}
