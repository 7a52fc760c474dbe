/** What is written down: one JSON line for each request, and one for each thing that befell us. */

import { pino } from 'pino'

/** Takes whole lines. `process.stderr` is one. */
export interface LogDestination {
  write(line: string): void
}

/** One request, as its log line has it. Bytes are of bodies; times are milliseconds. */
export interface AccessEntry {
  readonly requestId: string
  readonly remote: string | undefined
  readonly method: string
  /** As sent, but for what in the query proves who asks. */
  readonly target: string
  readonly host: string | undefined
  readonly userAgent: string | undefined
  readonly operation?: string | undefined
  readonly bucket?: string | undefined
  readonly key?: string | undefined
  readonly uploadId?: string | undefined
  readonly partNumber?: string | undefined
  readonly accessKeyId?: string | undefined
  readonly status: number
  /** The error code of a refusal. */
  readonly code?: string | undefined
  readonly bytesIn: number
  readonly bytesOut: number
  readonly durationMs: number
  /** Whether the client left, or was cut off, before it had the whole answer. */
  readonly aborted: boolean
  /** What went wrong on our side; makes the line an error. */
  readonly fault?: unknown
}

export interface ServerLog {
  request(entry: AccessEntry): void
  note(message: string, facts?: Readonly<Record<string, unknown>>): void
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void
  error(message: string, error: unknown): void
}

/** Without a destination nothing is written. */
export function createLog(destination: LogDestination | undefined): ServerLog {
  const logger = pino(
    {
      base: null,
      enabled: destination !== undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      serializers: { err: describeFault },
    },
    { write: (line) => writeIfPossible(destination, line) },
  )
  return {
    request({ fault, ...entry }) {
      if (fault === undefined) logger.info(entry, 'request')
      else logger.error({ ...entry, err: fault }, 'request')
    },
    note: (message, facts = {}) => logger.info(facts, message),
    warn: (message, facts = {}) => logger.warn(facts, message),
    error: (message, error) => logger.error({ err: error }, message),
  }
}

/** A log that cannot be written to must not stop the service. */
function writeIfPossible(destination: LogDestination | undefined, line: string): void {
  try {
    destination?.write(line)
  } catch {
    // There is nowhere left to say it.
  }
}

/** Query parameters whose values let their reader act as the sender, or prove that the sender did. */
const SECRET = new Set([
  'signature',
  'x-oss-signature',
  'security-token',
  'x-oss-security-token',
  'securitytoken',
])

/** The request target with the values of such parameters taken out. */
export function redactTarget(target: string): string {
  const question = target.indexOf('?')
  if (question < 0) return target
  const pairs = target.slice(question + 1).split('&')
  return `${target.slice(0, question)}?${pairs.map(redactPair).join('&')}`
}

function redactPair(pair: string): string {
  const equals = pair.indexOf('=')
  if (equals < 0) return pair
  const name = pair.slice(0, equals)
  return SECRET.has(decodeName(name).toLowerCase()) ? `${name}=[redacted]` : pair
}

/** A name can be percent-encoded too, and then still means the same. */
function decodeName(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '))
  } catch {
    return name
  }
}

/** An error with all its causes. Errors of ours never hold what a request proved itself with. */
function describeFault(fault: unknown): unknown {
  if (!(fault instanceof Error)) return String(fault)
  const { name, message, stack, cause } = fault
  return { name, message, stack, ...(cause !== undefined && { cause: describeFault(cause) }) }
}
