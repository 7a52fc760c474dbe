/** What can go wrong besides a refusal (`OssError`): no answer, wrong bytes, somebody else at work. */

/**
 * There is no trustworthy answer: the connection failed, fell silent, or brought something that is
 * not OSS. The operation may have happened all the same.
 */
export class TransportError extends Error {
  override readonly name = 'TransportError'
  /** OSS's name of the call that failed; `undefined` where none did. */
  declare readonly operation: string | undefined
  /** What the call was about. */
  declare readonly uploadId: string | undefined
  declare readonly partNumber: number | undefined
  /** Whether the same call may succeed later. It was repeated before anyone heard of it. */
  declare readonly retryable: boolean | undefined
}

/** What the bytes of an `IntegrityError` are. */
export type IntegritySubject = 'part' | 'object' | 'source'

/**
 * The bytes disagree with their checksum, or the source is no longer what it was. A part is sent
 * again before anyone hears of it; an object or a source is for a human to look at.
 */
export class IntegrityError extends Error {
  override readonly name = 'IntegrityError'
  /** As of a `TransportError`; `undefined` where the bytes of several calls are compared. */
  declare readonly operation: string | undefined
  declare readonly uploadId: string | undefined
  declare readonly partNumber: number | undefined
  declare readonly retryable: boolean | undefined
  readonly subject: IntegritySubject

  constructor(subject: IntegritySubject, message: string, options?: ErrorOptions) {
    super(message, options)
    this.subject = subject
  }
}

/** Another process, or another upload of this one, holds the checkpoint. */
export class CheckpointLockedError extends Error {
  override readonly name = 'CheckpointLockedError'
  /** The process that holds it. */
  readonly pid: number
  readonly host: string
  /** The lock file. */
  readonly path: string

  constructor(holder: { pid: number; host: string; path: string }) {
    super(
      `The process ${holder.pid} on ${holder.host} is already at the same upload or download. If it is not, delete ${holder.path}.`,
    )
    this.pid = holder.pid
    this.host = holder.host
    this.path = holder.path
  }
}

/** There are no keys to sign with: where they were to come from has none, or cannot be asked. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError'
}
