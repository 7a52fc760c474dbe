/** Any failure as one sentence, what to do next, and the exit status. */

import { CheckpointLockedError, IntegrityError, TransportError } from '@lading/client'
import { OssError } from '@lading/protocol'
import { CommandError } from './command-error.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { InterruptedError } from './interrupt.ts'

export interface Described {
  readonly exitCode: ExitCode
  readonly message: string
  readonly hint: string | undefined
  /** The service's error code, or the system's, where there is one. */
  readonly code: string | undefined
  /** Quote it when reporting a problem to the service's operator. */
  readonly requestId: string | undefined
}

/** @param bucket The one that the command is about, for the advice to name. */
export function describeError(error: unknown, bucket = 'BUCKET'): Described {
  if (error instanceof CommandError) return describeOwn(error)
  if (error instanceof InterruptedError) return described(exitCodes.interrupted, error.message)
  if (error instanceof OssError) return describeRefusal(error, bucket)
  if (error instanceof IntegrityError) {
    return described(
      exitCodes.verification,
      error.message,
      'Nothing was reported as done. Try again.',
    )
  }
  if (error instanceof CheckpointLockedError) return described(exitCodes.failed, error.message)
  if (error instanceof TransportError) return describeTransport(error)
  if (isSystemError(error)) return describeSystem(error)
  if (error instanceof TypeError || error instanceof RangeError) {
    return described(exitCodes.usage, error.message)
  }
  const message = error instanceof Error ? error.message : String(error)
  return described(exitCodes.failed, message, 'Set LADING_DEBUG=1 to see where this comes from.')
}

/** `lading: SENTENCE [CODE, request ID]` and, on a line of its own, the advice. */
export function formatDescribed({ message, hint, code, requestId }: Described): string {
  const facts = [code, requestId && `request ${requestId}`].filter(Boolean).join(', ')
  const first = `lading: ${message}${facts === '' ? '' : ` (${facts})`}`
  return hint === undefined ? first : `${first}\n  ${hint}`
}

function described(exitCode: ExitCode, message: string, hint?: string, code?: string): Described {
  return { exitCode, message, hint, code, requestId: undefined }
}

/** Its own sentence, with the facts of the refusal that it explains. */
function describeOwn({ exitCode, message, hint, cause }: CommandError): Described {
  const { code, requestId } = cause instanceof OssError ? cause : {}
  return { exitCode, message, hint, code, requestId }
}

interface RefusalAdvice {
  readonly exitCode?: ExitCode
  readonly hint?: string | ((bucket: string) => string)
}

const credentialHint =
  'Check OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET (or the flags, or ~/.ossutilconfig).'

/** What a person can do about a code; the exit status where it is not the HTTP status's. */
const advice: Readonly<Record<string, RefusalAdvice>> = {
  NoSuchBucket: { hint: 'See your buckets with: lading ls' },
  NoSuchKey: { hint: (bucket) => `See what is there with: lading ls oss://${bucket}` },
  NoSuchUpload: {
    hint: (bucket) =>
      `It was completed or aborted. See what is open with: lading uploads ls oss://${bucket}`,
  },
  BucketNotEmpty: {
    exitCode: exitCodes.failed,
    hint: (bucket) => `Remove it with all that is in it: lading rb --force oss://${bucket}`,
  },
  BucketAlreadyExists: { exitCode: exitCodes.exists, hint: 'Choose another name.' },
  FileAlreadyExists: { exitCode: exitCodes.exists, hint: 'Pass -f to overwrite it.' },
  PreconditionFailed: { exitCode: exitCodes.exists },
  InvalidAccessKeyId: { hint: credentialHint },
  SignatureDoesNotMatch: { hint: credentialHint },
  InvalidSecurityToken: { hint: 'Check OSS_SESSION_TOKEN.' },
  SecurityTokenExpired: { hint: 'Get a new token and run the same command again.' },
  RequestTimeTooSkewed: { hint: "Set this machine's clock." },
  InvalidBucketName: { exitCode: exitCodes.usage },
  InvalidObjectName: { exitCode: exitCodes.usage },
  InvalidDigest: { exitCode: exitCodes.verification },
  InvalidCRC64: { exitCode: exitCodes.verification },
}

function describeRefusal(error: OssError, bucket: string): Described {
  const { exitCode = exitCodeOfStatus(error.status), hint } = advice[error.code] ?? {}
  const message = error.message.trim().replace(/\.$/, '')
  return {
    exitCode,
    message,
    hint: typeof hint === 'function' ? hint(bucket) : hint,
    code: error.code,
    requestId: error.requestId,
  }
}

function exitCodeOfStatus(status: number): ExitCode {
  if (status === 404) return exitCodes.notFound
  if (status === 401 || status === 403) return exitCodes.denied
  if (status === 412) return exitCodes.exists
  // Busy or broken after every retry: as far as the caller can tell, there was no answer.
  if (status === 429 || status >= 500) return exitCodes.network
  return exitCodes.failed
}

function describeTransport(error: TransportError): Described {
  const causes = causesOf(error)
  const system = causes.find(isSystemError)
  if (system && saysNoTls.test(system.message)) return describeNoTls(error, system)
  const reason = system ? sentenceOfSystem(system) : (causes.at(-1)?.message ?? error.message)
  return described(
    exitCodes.network,
    `no answer from the service: ${reason}`,
    'Check --endpoint and the network, then run the same command again.',
    system?.code,
  )
}

/** OpenSSL's words for an answer in plain text; the code beside them differs from Node to Node. */
const saysNoTls = /wrong version number|packet length too long|http request/i

function describeNoTls(error: TransportError, { code }: SystemError): Described {
  // The transport names the origin in its sentence, and nowhere else.
  const host = / to https:\/\/(\S+) failed/.exec(error.message)?.[1]
  return described(
    exitCodes.network,
    `the service does not speak TLS at ${host ?? 'that port'}`,
    host === undefined ? 'Try its http:// address.' : `Try: --endpoint http://${host}`,
    code,
  )
}

/** The error and what is beneath it, outermost first. */
function causesOf(error: Error): Error[] {
  const causes: Error[] = []
  for (let next: unknown = error; next instanceof Error && causes.length < 8; next = next.cause) {
    causes.push(next)
    // What happy eyeballs collects: one error for each address that was tried.
    if (next instanceof AggregateError && next.errors[0] instanceof Error)
      causes.push(next.errors[0])
  }
  return causes
}

interface SystemError extends Error {
  readonly code: string
  readonly path?: string
  readonly address?: string
  readonly port?: number
  readonly hostname?: string
}

function isSystemError(error: unknown): error is SystemError {
  if (error instanceof TransportError) return false // it has the code of its cause
  return error instanceof Error && 'code' in error && /^E[A-Z]+/.test(String(error.code))
}

function describeSystem(error: SystemError): Described {
  const exitCode = systemExitCodes[error.code] ?? exitCodes.failed
  return described(exitCode, sentenceOfSystem(error), systemHints[error.code])
}

const systemExitCodes: Readonly<Record<string, ExitCode>> = {
  ENOENT: exitCodes.notFound,
  ENOTDIR: exitCodes.notFound,
  EACCES: exitCodes.denied,
  EPERM: exitCodes.denied,
  EEXIST: exitCodes.exists,
  EISDIR: exitCodes.usage,
  ECONNREFUSED: exitCodes.network,
  ECONNRESET: exitCodes.network,
  ENOTFOUND: exitCodes.network,
  ETIMEDOUT: exitCodes.network,
}

const systemWords: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'a part of the path is not a directory',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'it is a directory',
  ENOSPC: 'no space left on the device',
  EADDRINUSE: 'the address is in use',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name could not be resolved',
  ETIMEDOUT: 'timed out',
}

const systemHints: Readonly<Record<string, string>> = {
  EISDIR: 'Pass -r to copy a directory.',
  EADDRINUSE: 'Choose another --port, or 0 for any that is free.',
}

function sentenceOfSystem(error: SystemError): string {
  // Where the words do not repeat the code they are our own, and say what took too long.
  const isOurs = error.code === 'ETIMEDOUT' && !error.message.includes(error.code)
  const words = (isOurs ? undefined : systemWords[error.code]) ?? error.message
  if (error.path !== undefined) return `cannot read or write ${error.path}: ${words}`
  const place = error.hostname ?? [error.address, error.port].filter(Boolean).join(':')
  return place === '' ? words : `${words} (${place})`
}
