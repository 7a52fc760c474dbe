/** The order of things for every request, from its address to its operation's reply. */

import {
  type AddressBook,
  decodePath,
  isBucketName,
  namesService,
  OssError,
  Query,
  readTargets,
  requireObjectKey,
} from '@lading/protocol'
import type {
  Bucket,
  Operation,
  OperationContext,
  OssRequest,
  Principal,
  Reply,
  WantedAccess,
} from '../api/operation.ts'
import { namedVersion } from '../api/parameters.ts'
import { assumeRole, MAX_STS_FORM } from './assume-role.ts'
import { authenticate, readRequestClaim } from './authenticate.ts'
import { type AccessLookups, authorize, maySeeBucket } from './authorize.ts'
import type { IncomingBody } from './body.ts'
import { addCrossOrigin, answerPreflight, meetBucketRules } from './bucket-rules.ts'
import type { BucketSettings } from './bucket-settings.ts'
import { besideConsole, type ConsolePage } from './console.ts'
import type { Delivery } from './delivery.ts'
import type { FaultPlan } from './faults.ts'
import { type Framing, hasBody } from './framing.ts'
import type { FreeSpace } from './free-space.ts'
import { healthReply } from './health.ts'
import type { Admittance } from './key-limits.ts'
import { type Pace, paced } from './pace.ts'
import type { Quotas } from './quotas.ts'
import { missingBucket, type RoutedReading, readAddress } from './read-address.ts'
import { factsOf, requiredActions } from './required-access.ts'
import { enterWebsite, serveOperation } from './serve-operation.ts'
import { askedPace } from './traffic-limit.ts'

/** Bytes of body that an operation without one may be sent; they are read and dropped. */
const MAX_IDLE_BODY = 64 * 1024

/** Where the public half of the key is that callbacks are signed with; no bucket is called so. */
export const CALLBACK_KEY_PATH = '/-/callback-key'

/** What serves requests, put together once. */
export interface Service {
  /** Those that are loaded. */
  readonly operations: readonly Operation[]
  /** All that there are. */
  readonly loadOperations: () => Promise<readonly Operation[]>
  readonly context: OperationContext
  readonly addresses: AddressBook
  readonly findBucket: (name: string) => Promise<Bucket | undefined>
  readonly access: AccessLookups
  readonly settings: BucketSettings
  readonly faults: FaultPlan
  readonly limits: Admittance
  readonly space: FreeSpace
  readonly quotas: Quotas
  /** What applications check the signatures of callbacks by. */
  readonly callbackKey: () => Promise<Reply>
  /** `undefined`: none is served. */
  readonly console?: ConsolePage | undefined
  readonly now: () => Date
  /** Whether new requests are welcome. */
  readonly ready: () => boolean
}

/** A request whose framing is sound. */
export interface Incoming {
  readonly requestId: string
  readonly time: Date
  readonly scheme: 'http' | 'https'
  /** The peer's address. */
  readonly remote: string | undefined
  readonly method: string
  readonly framing: Framing
  readonly body: IncomingBody
  readonly delivery: Delivery
  readonly signal: AbortSignal
  /** Sends these fields with the answer, whatever that is. */
  readonly addFields: (fields: Readonly<Record<string, string>>) => void
  /** Breaks the connection; what is answered after that reaches nobody. */
  readonly cut: () => void
}

/** What a log line says of a request, filled in as it becomes known. */
export interface Trace {
  operation?: string | undefined
  bucket?: string | undefined
  key?: string | undefined
  accessKeyId?: string
  uploadId?: string | undefined
  partNumber?: string | undefined
}

/** @throws {OssError} for every refusal; anything else is a fault of ours. */
export async function dispatch(service: Service, incoming: Incoming, trace: Trace): Promise<Reply> {
  const { method, framing, body, time } = incoming
  const { addresses } = service
  if (namesService(framing.host, addresses)) {
    if (service.console) incoming.addFields(besideConsole)
    const page = await service.console?.reply({ method, ...framing })
    if (page) {
      trace.operation = 'Console'
      return page
    }
    const health = healthReply(method, framing.rawPath, service.ready)
    if (health) {
      trace.operation = 'Health'
      return health
    }
    if (framing.rawPath === CALLBACK_KEY_PATH && method === 'GET') {
      trace.operation = 'CallbackKey'
      return await service.callbackKey()
    }
  }
  const query = Query.parse(framing.rawQuery)
  const sts = await readStsForm(incoming, query, addresses)
  if (sts) {
    trace.operation = 'AssumeRole'
    const accessKeyId = sts.get('AccessKeyId')
    if (accessKeyId !== undefined) trace.accessKeyId = accessKeyId
    const { identify } = service.context
    return await assumeRole({
      ...incoming,
      parameters: sts,
      host: framing.host ?? '',
      identify,
      admit: (accessKeyId) => service.limits.admit(accessKeyId),
    })
  }
  trace.uploadId = query.get('uploadId')
  trace.partNumber = query.get('partNumber')
  const readings = await readAddress(service, incoming, query)
  const note = ({ target: { bucket, key }, route }: RoutedReading): void => {
    trace.bucket = bucket
    trace.key = key
    trace.operation = route.operation?.name
  }
  note(readings[0])
  if (method === 'OPTIONS') {
    trace.operation = 'OptionObject'
    const served = readings.find(({ obstacle }) => !obstacle)
    if (!served) throw readings[0].obstacle
    return await answerPreflight(service.settings, served.bucket, framing.headers)
  }
  const crossed = readings.find((reading) => reading.bucket)?.bucket
  if (crossed) await addCrossOrigin(service.settings, crossed, incoming)

  const claim = readRequestClaim(framing, query)
  const proved = await authenticate({ method, framing, query }, claim, readings, {
    region: service.context.profile.region,
    identify: service.context.identify,
    now: time,
  })
  if (claim) refuseNetworkBounds(query)
  const { principal } = proved
  const reading = claim
    ? proved.reading
    : await enterWebsite(service, incoming, query, proved.reading)
  note(reading)
  if (principal.kind === 'key') trace.accessKeyId = principal.accessKeyId
  const { operation, refusal } = reading.route
  if (refusal) throw refusal
  const { bucket, key } = reading.target
  const { headers } = framing
  const { action } = operation
  const facts = factsOf({ ...incoming, query, headers, action })
  if (!operation.authorizesItself) {
    const asked = {
      actions: requiredActions(operation, query, headers, { makesBucket: !reading.bucket }),
      access: operation.access,
      bucket: reading.bucket,
      newBucket: operation.createsBucket ? bucket : undefined,
      key,
      versionId: namedVersion(query),
    }
    await authorize(asked, principal, facts, service.access)
  }
  await meetBucketRules(service.settings, incoming, {
    bucket: operation.createsBucket ? undefined : reading.bucket,
    key,
    query,
    principal,
    carrier: claim?.carrier,
  })
  if (key !== undefined) requireObjectKey(key)
  const asked = slowDown(service, operation, principal, incoming, query)
  await meetBody(operation, incoming)
  const request: OssRequest = {
    method,
    bucket,
    key,
    bucketRow: reading.bucket,
    query,
    headers: framing.headers,
    body,
    principal,
    authorize: async (wanted: WantedAccess) => {
      const name = wanted.bucket
      const row = isBucketName(name) ? await service.findBucket(name) : undefined
      if (!row) throw missingBucket(method, name)
      const asked = { ...wanted, actions: [wanted.action], bucket: row }
      const meant = wanted.headers
        ? factsOf({ ...incoming, query, headers: wanted.headers, action })
        : facts
      await authorize(asked, wanted.principal ?? principal, meant, service.access)
    },
    countAs: (proved) => holdToLimits(service, proved, incoming),
    maySeeBucket: (name) =>
      principal.kind === 'key' && maySeeBucket(principal, name, facts, service.access.region),
    requestId: incoming.requestId,
    scheme: incoming.scheme,
    remote: incoming.remote,
    host: framing.host ?? '',
    bucketInHost: decodePath(framing.rawPath).replace(/^\//, '') === (key ?? ''),
    time,
    slowly: (bytes) => (asked ? paced(bytes, asked, incoming.signal) : bytes),
    signal: incoming.signal,
  }
  const reply = await serveOperation(service, operation, request, incoming)
  if (!asked || operation.body.kind !== 'stream') return reply
  const delay = { 'x-oss-qos-delay-time': String(Math.round(body.delayedMs)) }
  return { ...reply, headers: { ...reply.headers, ...delay } }
}

/**
 * Holds both bodies to the limits of the key and to the rate that the request asks for, which is given
 * back.
 *
 * @throws {OssError} `TotalQpsLimitExceeded`, `InvalidArgument`.
 */
function slowDown(
  service: Service,
  operation: Operation,
  principal: Principal,
  incoming: Incoming,
  query: Query,
): Pace | undefined {
  holdToLimits(service, principal, incoming)
  const { framing, body, delivery } = incoming
  const asked = askedPace(operation.name, { headers: framing.headers, query })
  if (asked) {
    body.slowDown(asked)
    delivery.slowDown(asked)
  }
  return asked
}

/** @throws {OssError} `TotalQpsLimitExceeded`. */
function holdToLimits(
  { limits }: Service,
  principal: Principal,
  { body, delivery }: Incoming,
): void {
  const caller = principal.kind === 'key' ? principal.lastingKeyId : undefined
  const { upload, download } = limits.admit(caller)
  if (upload) body.slowDown(upload)
  if (download) delivery.slowDown(download)
}

/**
 * The parameters of a request to STS; `undefined` when it is none. STS is asked where OSS has nothing but
 * the list of buckets, unsigned as OSS has it, so it stands in nobody's way.
 */
async function readStsForm(
  { method, framing, body }: Incoming,
  query: Query,
  addresses: AddressBook,
): Promise<Query | undefined> {
  const { headers, host, rawPath, authorizations } = framing
  if (authorizations.length > 0 || rawPath !== '/') return undefined
  const targets = readTargets(host, rawPath, addresses)
  if (targets.some(({ bucket }) => bucket !== undefined)) return undefined
  const isForm = headers.get('content-type')?.startsWith('application/x-www-form-urlencoded')
  const parameters =
    method === 'POST' && isForm
      ? new Query([...query.entries, ...Query.parse(await formOf(body)).entries])
      : query
  const asked = (method === 'GET' || method === 'POST') && parameters.get('Action')
  return asked === 'AssumeRole' ? parameters : undefined
}

function formOf(body: IncomingBody): Promise<string> {
  body.allow(MAX_STS_FORM)
  return body.text()
}

/**
 * A URL may be signed for callers of one network alone. To drop that bound in silence would let in
 * those whom its signer meant to keep out.
 *
 * @throws {OssError} `NotImplemented`.
 */
function refuseNetworkBounds(query: Query): void {
  const bound = query.entries.find(([name]) => name.startsWith('x-oss-ac-'))
  if (bound) throw new OssError('NotImplemented', { details: { Query: bound[0] } })
}

/** Holds the operation's limit against what is declared, and reads what the operation will not. */
async function meetBody(operation: Operation, { method, framing, body }: Incoming): Promise<void> {
  if (operation.body.kind === 'none') {
    // Some clients announce a body on GET and never send it, so nobody waits for one there.
    if (method === 'GET' || method === 'HEAD') return
    body.allow(MAX_IDLE_BODY)
    // Read before anything is done: a broken end must not have done anything. And a client that
    // waits for `100 Continue` gets it, even for an empty body.
    if (hasBody(framing) || framing.expectsContinue) await body.discard()
    return
  }
  if (operation.body.kind === 'stream' && framing.contentLength === undefined && !framing.chunked) {
    throw new OssError('MissingContentLength')
  }
  body.allow(operation.body.limit)
}
