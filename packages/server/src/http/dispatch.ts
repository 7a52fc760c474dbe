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
  type Target,
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
import { authenticate, type Reading, readRequestClaim } from './authenticate.ts'
import { type AccessLookups, authorize, maySeeBucket } from './authorize.ts'
import type { IncomingBody } from './body.ts'
import { addCrossOrigin, answerPreflight, meetBucketRules } from './bucket-rules.ts'
import type { BucketSettings } from './bucket-settings.ts'
import type { Delivery } from './delivery.ts'
import type { FaultPlan } from './faults.ts'
import { type Framing, hasBody } from './framing.ts'
import type { FreeSpace } from './free-space.ts'
import { healthReply } from './health.ts'
import type { Admittance } from './key-limits.ts'
import { meetFaults } from './meet-faults.ts'
import { type Pace, paced } from './pace.ts'
import type { Quotas } from './quotas.ts'
import { factsOf, requiredActions } from './required-access.ts'
import { type Route, routeRequest } from './router.ts'
import { askedPace } from './traffic-limit.ts'
import { answerVisit, isVisit } from './website.ts'

/** Bytes of body that an operation without one may be sent; they are read and dropped. */
const MAX_IDLE_BODY = 64 * 1024

/** Where the public half of the key is that callbacks are signed with; no bucket is called so. */
export const CALLBACK_KEY_PATH = '/-/callback-key'

/** What serves requests, put together once. */
export interface Service {
  readonly operations: readonly Operation[]
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

interface RoutedReading extends Reading {
  readonly route: Route
  readonly bucket: Bucket | undefined
}

/** @throws {OssError} for every refusal; anything else is a fault of ours. */
export async function dispatch(service: Service, incoming: Incoming, trace: Trace): Promise<Reply> {
  const { method, framing, body, time } = incoming
  const { addresses } = service
  if (namesService(framing.host, addresses)) {
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
  const reply = await handleVisit(service, operation, request, incoming)
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

/** Who comes to the door of a website, unproved and asking for nothing, is shown its index. */
async function enterWebsite(
  { operations, settings }: Service,
  { method, framing: { headers } }: Incoming,
  query: Query,
  reading: RoutedReading,
): Promise<RoutedReading> {
  const { bucket, target } = reading
  const visits = (method === 'GET' || method === 'HEAD') && query.entries.length === 0
  if (!bucket || target.key !== undefined || !visits) return reading
  const index = (await settings.findWebsite(bucket.name))?.indexDocument
  if (!index) return reading
  const door = { ...target, key: index.suffix }
  return {
    ...reading,
    target: door,
    route: routeRequest(operations, { method, ...door, query, headers }),
  }
}

/** An object that is missing may have a page in its place, where its bucket is a website. */
async function handleVisit(
  service: Service,
  operation: Operation,
  request: OssRequest,
  incoming: Incoming,
): Promise<Reply> {
  const { bucket, key, query } = request
  const visits = isVisit(operation) && query.get('versionId') === undefined
  const configuration =
    visits && bucket !== undefined ? await service.settings.findWebsite(bucket) : undefined
  if (!configuration || bucket === undefined || key === undefined) {
    return await handleWithinSpace(service, operation, request, incoming)
  }
  return await answerVisit({
    configuration,
    request: { ...request, key },
    rawQuery: incoming.framing.rawQuery,
    async serve(page) {
      if (page.key !== key) {
        const { action, access } = operation
        await request.authorize({ action, access, bucket, key: page.key })
      }
      return await handleWithinSpace(service, operation, page, incoming)
    },
  })
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

/** Every reading of the address, each with what it asks for and what stands in its way. */
async function readAddress(
  service: Service,
  { method, framing }: Incoming,
  query: Query,
): Promise<[RoutedReading, ...RoutedReading[]]> {
  const targets = readTargets(framing.host, framing.rawPath, service.addresses)
  const read = async (target: Target): Promise<RoutedReading> => {
    const route = routeRequest(service.operations, {
      method,
      ...target,
      query,
      headers: framing.headers,
    })
    const name = target.bucket
    if (name === undefined) return { target, route, bucket: undefined, obstacle: undefined }
    const bucket = isBucketName(name) ? await service.findBucket(name) : undefined
    const mayMakeIt = route.operation?.createsBucket === true
    const obstacle = bucket || mayMakeIt ? undefined : missingBucket(method, name)
    return { target, route, bucket, obstacle }
  }
  const [first, ...rest] = await Promise.all(targets.map(read))
  if (!first) throw new Error('An address has at least one reading.')
  return [first, ...rest]
}

/**
 * A name that no bucket can have is looked up in vain by those who read, and refused to those who
 * write. Source: the Java SDK's live suite asks for the info of such a bucket.
 */
function missingBucket(method: string, name: string): OssError {
  const reads = method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
  if (!reads && !isBucketName(name)) {
    return new OssError('InvalidBucketName', { details: { BucketName: name } })
  }
  return new OssError('NoSuchBucket', { ec: '0015-00000101', details: { BucketName: name } })
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

/** Refuses what would take from the reserve of free space, or go beyond the bucket's quota, before a byte of it is asked for. */
async function handleWithinSpace(
  service: Service,
  operation: Operation,
  request: OssRequest,
  incoming: Incoming,
): Promise<Reply> {
  const stream = operation.body.kind === 'stream'
  if (!stream && !operation.takesSpace) {
    return await handleWithFaults(service, operation, request, incoming)
  }
  const body = stream ? incoming.body : undefined
  const { bucket, key } = request
  const releaseSpace = await service.space.admit(body)
  let releaseQuota: (() => void) | undefined
  try {
    if (bucket !== undefined) {
      const keepsVersions = request.bucketRow?.versioning === 'Enabled'
      const asked = { operation, bucket, key, keepsVersions, body }
      releaseQuota = await service.quotas.admit(asked)
    }
    return await handleWithFaults(service, operation, request, incoming)
  } finally {
    releaseQuota?.()
    releaseSpace()
  }
}

async function handleWithFaults(
  service: Service,
  operation: Operation,
  request: OssRequest,
  incoming: Incoming,
): Promise<Reply> {
  const faults = await meetFaults(service.faults, operation.name, request, incoming)
  try {
    return await operation.handle(request, service.context)
  } finally {
    if (faults.cutAnswer) incoming.cut()
  }
}
