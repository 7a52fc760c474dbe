/** What stands between a client and its server while a cell of the matrix is run. */

import { nodeTransport, type Transport } from '@lading/client/node'
import { parseFault, type RunningServer } from '@lading/server'
import { startServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { startFaultyProxy } from './faulty-proxy.ts'
import type { Cell, Fault } from './matrix.ts'
import { type Operation, operations, readRequest, type WireRequest } from './wire-request.ts'
import { FAULTY_PART, TRIES } from './works.ts'

/** The bucket that every server here has. */
export const BUCKET = 'fault-matrix'

/** Where the faults come from. */
export interface World {
  /** Asked directly, it is healthy, but for faults that are its own. */
  readonly server: RunningServer
  /** Where the client goes that meets the fault, and by what. */
  readonly url: string
  readonly transport: Transport
  /** From now on the fault is about, and what the client sends is counted. */
  begin(): void
  /** Ends that, and tells what was sent, and how often the fault was met. */
  end(): Promise<{ readonly requests: readonly WireRequest[]; readonly met: number }>
  close(): Promise<void>
}

/** Nobody listens there: it takes a privilege that nobody has a use for. */
const DEAF_ORIGIN = 'http://127.0.0.1:1'

/** The fault is a proxy's, before a server that many cells may share. */
export async function proxyWorld(server: RunningServer, cell: Cell): Promise<World> {
  const { fault, times } = cell
  let isAbout = false
  let meant = 0
  const requests: WireRequest[] = []
  const isMet = (request: WireRequest): boolean => {
    if (!isAbout || !isMeant(cell.operation, request)) return false
    meant += 1
    return times === 'always' || meant === 1
  }
  const proxy = await startFaultyProxy(server.port, (request) => {
    if (isAbout) requests.push(request)
    return fault !== 'refused' && isMet(request) ? fault : undefined
  })
  return {
    server,
    url: proxy.url,
    transport: misled((request) => {
      if (fault !== 'refused' || !isMet(request)) return false
      requests.push(request)
      return true
    }),
    begin() {
      isAbout = true
    },
    async end() {
      isAbout = false
      return { requests: [...requests], met: Math.min(meant, times === 'once' ? 1 : meant) }
    },
    close: () => proxy.close(),
  }
}

/** The fault is the server's own; for ever is as often as a client tries. */
export async function serverWorld(cell: Cell): Promise<World> {
  const logged: WireRequest[] = []
  const server = await startServer({
    buckets: [BUCKET],
    faults: [parseFault(specOf(cell))],
    log: { write: (line) => void logged.push(...requestOfLog(line)) },
  })
  let begun = 0
  return {
    server,
    url: server.url,
    transport: nodeTransport(),
    begin() {
      begun = logged.length
    },
    async end() {
      const met = (): number =>
        logged.slice(begun).filter((request) => isMeant(cell.operation, request)).length
      // A request that the client has given up is logged when the server has noticed.
      await until(() => met() > 0)
      return { requests: logged.slice(begun), met: met() }
    },
    close: () => server.close({ graceMs: 0 }),
  }
}

function isMeant(operation: Operation, request: WireRequest): boolean {
  if (request.operation !== operation) return false
  return request.partNumber === undefined || request.partNumber === FAULTY_PART
}

/** What `lading serve --fault` takes for it. */
const specs: Readonly<Partial<Record<Fault, string>>> = {
  denied: 'fail=AccessDenied',
  'reset-before-body': 'cut=request',
  'reset-mid-body': 'cut=body,after=50',
  'reset-after-body': 'cut=answer',
  'cut-answer': 'cut=answer,after=20',
  'error-500': 'fail=InternalError',
  'busy-503': 'fail=ServiceUnavailable,retry-after=1',
  'error-in-200': 'fail=InternalError,status=200',
  'wrong-etag': 'falsify=etag',
  'wrong-crc': 'falsify=crc64',
  stall: 'stall=request',
  'stalled-answer': 'stall=answer',
}

function specOf({ operation, fault, times }: Cell): string {
  const part = operation.startsWith('UploadPart') ? `part=${FAULTY_PART},` : ''
  const often = times === 'always' && fault !== 'denied' ? TRIES : 1
  return `${operation},${part}nth=1,times=${often},${specs[fault]}`
}

/**
 * Whether a server can do so itself, and be asked directly afterwards: a port without a server cannot,
 * and neither the checks nor the next run may meet what is left of the fault.
 */
export function isServersOwn({ operation, fault, times }: Cell): boolean {
  if (specs[fault] === undefined || isAskedByChecks.includes(operation)) return false
  // A server that fails has not done it, and HEAD shows nothing.
  const isCompleted = operation === 'CompleteMultipartUpload'
  if (isCompleted && fault === 'error-500' && times === 'always') return false
  if (fault === 'cut-answer') return !withoutDocument.includes(operation)
  // The first of them ends the copy.
  return operation !== 'UploadPartCopy' || !fault.startsWith('wrong')
}

const isAskedByChecks: readonly Operation[] = ['GetObject', 'ListMultipartUploads']

const withoutDocument: readonly Operation[] = [
  'UploadPart',
  'PutObject',
  'HeadObject',
  'AbortMultipartUpload',
]

/** Sends what `isRefused` names where nobody listens. */
function misled(isRefused: (request: WireRequest) => boolean): Transport {
  const transport = nodeTransport()
  return {
    exchange(request, options) {
      const { method, path, headers } = request
      const lines = [...headers].map(([name, value]) => `${name}: ${value}`)
      const seen = readRequest([`${method} ${path} HTTP/1.1`, ...lines].join('\r\n'))
      const origin = isRefused(seen) ? DEAF_ORIGIN : request.origin
      return transport.exchange({ ...request, origin }, options)
    },
    close: () => transport.close(),
  }
}

function requestOfLog(line: string): WireRequest[] {
  const { msg, operation, uploadId, partNumber, method, target, range } = JSON.parse(line)
  if (msg !== 'request' || !operations.includes(operation)) return []
  const number = partNumber === undefined ? undefined : Number(partNumber)
  return [{ operation, method, target, uploadId, partNumber: number, bodySize: 0, range }]
}
