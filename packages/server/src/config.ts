/** What `startServer` may be told, and what it takes when it is told nothing. */

import { randomInt } from 'node:crypto'
import { isBucketName } from '@lading/protocol'
import { z } from 'zod/v3'
import type { KnownKey } from './access/identify.ts'
import { DEFAULT_OWNER } from './access/key-file.ts'
import { type Rights, rightsSchema } from './access/rights.ts'
import type { BodyRate } from './http/body.ts'
import type { CertificateFiles } from './http/certificate.ts'
import type { Fault } from './http/faults.ts'
import type { KeyLimits } from './http/key-limits.ts'
import type { BucketQuota } from './http/quotas.ts'
import type { LogDestination } from './observe/log.ts'
import { patientClocks } from './patient-clock.ts'

/** A key pair that requests may be signed with. */
export interface ServerCredentials {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  /** Whose buckets it may use and makes. Default: `lading`, so that key pairs can be changed. */
  readonly owner?: string | undefined
  /** What it may do at most. Default: everything, as an administrator. */
  readonly rights?: Rights | undefined
}

export interface ServerOptions {
  /** `memory` forgets everything when it is closed. Default `memory`. */
  readonly data?: 'memory' | { readonly directory: string } | undefined
  /**
   * Where the metadata is instead: `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, which needs the package
   * `pg`. Any number of servers may share it. Default: in `data`.
   */
  readonly metadata?: string | undefined
  /**
   * Where the bytes are instead: `s3://BUCKET/PREFIX?endpoint=http://HOST:PORT,...&region=REGION`, which
   * needs the package `@aws-sdk/client-s3`. Its keys are `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`,
   * or wherever else the SDK finds them. A prefix belongs to one database. Default: in `data`.
   */
  readonly blobs?: string | undefined
  /** Default `127.0.0.1`. */
  readonly host?: string | undefined
  /** Default 0, which takes a free one. */
  readonly port?: number | undefined
  /** Bare. V4 signatures must name it. Default `cn-hangzhou`. */
  readonly region?: string | undefined
  /**
   * At least one, besides those that the data directory keeps. Default: a pair made at random, which a
   * data directory keeps in `credentials.json`, readable by its owner alone.
   */
  readonly credentials?: readonly ServerCredentials[] | undefined
  /**
   * What objects are encrypted under where that is asked for: 64 hexadecimal digits. Default: one made
   * when it is first needed, which a data directory keeps in `master.key`, readable by its owner alone.
   */
  readonly masterKey?: string | undefined
  /** Made at the start, for the first key pair; those that it has already stay as they are. Default none. */
  readonly buckets?: readonly string[] | undefined
  /**
   * Speaks TLS 1.2 and 1.3 alone, by this certificate, which is read again when its files change.
   * Default: none, and plain HTTP is spoken.
   */
  readonly tls?: CertificateFiles | undefined
  /** Refuses requests with both Content-Length and Transfer-Encoding, as the C SDK sends. Default false. */
  readonly strictHttp?: boolean | undefined
  /** What goes wrong on purpose. */
  readonly faults?: readonly Fault[] | undefined
  /** A number from 0 to 999,999,999 that decides by what chance faults with a probability are met. Default: any. */
  readonly faultSeed?: number | undefined
  /** How much key pairs may ask for. Default: as much as they like. */
  readonly limits?: LimitOptions | undefined
  /** Host, and port if need be, that answers tell clients to go to. Default: where the server listens. */
  readonly extranetEndpoint?: string | undefined
  /** The same for clients in its own network. Default: as `extranetEndpoint`. */
  readonly intranetEndpoint?: string | undefined
  /** How answers call the owner of key pairs that have no other. Default: `lading`, both. */
  readonly owner?: { readonly id: string; readonly displayName?: string | undefined } | undefined
  /** Hosts that belong to one bucket, and its name. */
  readonly cnames?: Readonly<Record<string, string>> | undefined
  /** Hosts, besides `localhost`, under which buckets have names such as `BUCKET.HOST`. */
  readonly baseHosts?: readonly string[] | undefined
  readonly collect?: CollectOptions | undefined
  readonly lifecycle?: LifecycleSettings | undefined
  /**
   * Milliseconds between two deliveries of the access logs that owners of buckets asked for; 0 delivers
   * only when asked to, and at the end. Default an hour.
   */
  readonly bucketLogsIntervalMs?: number | undefined
  /** Below this rate a request is given up. Default 1,024 bytes a second over 30 s. */
  readonly minimumBodyRate?: BodyRate | undefined
  /**
   * Bytes of the disk that new data never takes, so that there is room to delete and to finish; 0
   * keeps none. Default 512 MiB, or a hundredth of the disk if that is less.
   */
  readonly reserve?: number | undefined
  /** Bytes a second at which everything stored is read again and compared; 0, the default: it is not. */
  readonly scrubRate?: number | undefined
  /** What every bucket may hold at most, whatever its owner says. Default: no bound. */
  readonly bucketQuota?: BucketQuota | undefined
  /**
   * Serves the console built in `directory` at `/-/console/`. Everything else on the same origin is then
   * answered for a sandbox, so that no stored page can act beside it. Default: none is served.
   */
  readonly console?: { readonly directory: string } | undefined
  /** A door of its own for health and metrics. Default: none. */
  readonly admin?: AdminAddress | undefined
  /** Whether requests are counted. Default: where there is a door to read it at. */
  readonly metrics?: boolean | undefined
  /** Milliseconds after which an open upload counts as stale in the metrics. Default seven days. */
  readonly staleUploadMs?: number | undefined
  /** Milliseconds that every restore from an archive takes. Default: a minute to two days, by its class. */
  readonly restoreMs?: number | undefined
  /**
   * Where uploads may have an application called back: `HOST` or `HOST:PORT`, without a port that of
   * the scheme. A name that leads to a private address needs that address here too. Default: nowhere.
   */
  readonly callbackHosts?: readonly string[] | undefined
  /** Takes one JSON line for each request. Default: none is written. */
  readonly log?: LogDestination | undefined
  /** Default: the system's clock, of which only ages that have truly passed are believed. */
  readonly now?: (() => Date) | undefined
}

/** Whoever reaches it may read, so it is not for the world. */
export interface AdminAddress {
  /** Default `127.0.0.1`. */
  readonly host?: string | undefined
  /** 0 takes a free one. */
  readonly port: number
}

/** Each process of several counts for itself. */
export interface LimitOptions {
  /** Of each key pair that has none of its own. */
  readonly everyKey?: KeyLimits | undefined
  /** By access key id. */
  readonly keys?: Readonly<Record<string, KeyLimits>> | undefined
  /** Of all together who ask without a key. */
  readonly anonymous?: KeyLimits | undefined
}

/** When bytes that nobody can reach are deleted. Milliseconds. */
export interface CollectOptions {
  /** How long what was replaced, deleted or aborted is kept. Default five minutes. */
  readonly graceMs?: number | undefined
  /** Between two collections; 0 collects only when asked to. Default one minute. */
  readonly intervalMs?: number | undefined
  /** How long bytes that nothing ever named are kept. Default a day. */
  readonly orphanAgeMs?: number | undefined
  /**
   * Between two looks for them, for which all bytes that there are have to be listed. Default an hour; of
   * servers that share a database one looks.
   */
  readonly orphanIntervalMs?: number | undefined
}

/** When the lifecycles of buckets are looked at. Milliseconds. */
export interface LifecycleSettings {
  /** Between two looks; 0 looks only when asked to. Default an hour. */
  readonly intervalMs?: number | undefined
  /**
   * After so long an upload is aborted, whatever its bucket says. Default: never, because nobody
   * should lose parts to a rule that nobody made.
   */
  readonly abortUploadsAfterMs?: number | undefined
}

export interface Config {
  readonly data: 'memory' | { readonly directory: string }
  readonly metadata: string | undefined
  readonly blobs: string | undefined
  readonly host: string
  readonly port: number
  readonly region: string
  readonly keys: readonly KnownKey[] | undefined
  readonly masterKey?: string | undefined
  readonly buckets: readonly string[]
  readonly tls: CertificateFiles | undefined
  readonly strictHttp: boolean
  readonly faults: readonly Fault[]
  readonly faultSeed: number
  readonly limits: {
    readonly everyKey?: KeyLimits | undefined
    readonly keys: Readonly<Record<string, KeyLimits>>
    readonly anonymous?: KeyLimits | undefined
  }
  readonly extranetEndpoint: string | undefined
  readonly intranetEndpoint: string | undefined
  readonly owner: { readonly id: string; readonly displayName?: string | undefined }
  readonly cnames: Readonly<Record<string, string>>
  readonly baseHosts: readonly string[]
  readonly collect: {
    readonly graceMs: number
    readonly intervalMs: number
    readonly orphanAgeMs: number
    readonly orphanIntervalMs: number
  }
  readonly bucketLogsIntervalMs: number
  readonly lifecycle: {
    readonly intervalMs: number
    readonly abortUploadsAfterMs?: number | undefined
  }
  readonly minimumBodyRate: BodyRate
  /** Bytes; `undefined`: what the size of the disk says. */
  readonly reserve: number | undefined
  readonly scrubRate: number
  readonly bucketQuota: BucketQuota
  readonly console?: { readonly directory: string } | undefined
  readonly admin: { readonly host: string; readonly port: number } | undefined
  readonly metrics: boolean
  readonly staleUploadMs: number
  readonly restoreMs?: number | undefined
  readonly callbackHosts: readonly string[]
  readonly log: LogDestination | undefined
  readonly now: () => Date
  /** By which things are old enough to be ended; `now` itself where that was given. */
  readonly patientNow: () => Date
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const MAX_FAULT_SEED = 999_999_999

/** The longest that Node's timers can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** A century, so that no date it is taken from leaves the calendar. */
const MAX_AGE_MS = 100 * 366 * DAY

const milliseconds = z.number().int().min(0).max(MAX_AGE_MS)

const key = z
  .strictObject({
    // What separates the fields of both signatures is left out.
    accessKeyId: z
      .string()
      .max(128)
      .regex(/^[A-Za-z0-9._-]+$/, 'must be letters, digits, ".", "_" and "-"'),
    accessKeySecret: z.string().min(1),
    owner: z.string().min(1).optional(),
    rights: rightsSchema.optional(),
  })
  .transform(
    ({ owner = DEFAULT_OWNER, rights = { role: 'administrator' }, ...pair }): KnownKey => ({
      ...pair,
      owner,
      rights,
      enabled: true,
    }),
  )

const fault = z.strictObject({
  operation: z.string().optional(),
  bucket: z.string().min(1).optional(),
  key: z.string().min(1).optional(),
  partNumber: z.number().int().optional(),
  nth: z.number().int().min(1).optional(),
  times: z.number().int().min(1).optional(),
  probability: z.number().finite().positive().max(1).optional(),
  action: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('delay'), ms: milliseconds.max(MAX_TIMER_MS) }),
    z.strictObject({
      kind: z.literal('throttle'),
      bytesPerSecond: z.number().finite().positive(),
      of: z.enum(['body', 'answer']).optional(),
    }),
    z.strictObject({
      kind: z.literal('fail'),
      code: z.string().min(1),
      status: z.number().int().min(200).max(599).optional(),
      retryAfter: z.number().int().min(0).optional(),
    }),
    z.strictObject({
      kind: z.enum(['cut', 'stall']),
      at: z.enum(['request', 'body', 'answer']),
      afterBytes: z.number().int().min(0).optional(),
    }),
    z.strictObject({ kind: z.literal('falsify'), sum: z.enum(['etag', 'crc64']) }),
  ]),
})

const keyLimits = z.strictObject({
  requestsPerSecond: z.number().finite().positive().optional(),
  uploadBytesPerSecond: z.number().finite().positive().optional(),
  downloadBytesPerSecond: z.number().finite().positive().optional(),
})

/** As in a Host header: no scheme, no path. */
const host = z.string().regex(/^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?$/i, 'must be a host')

const schema = z.strictObject({
  data: z
    .union([z.literal('memory'), z.strictObject({ directory: z.string().min(1) })])
    .default('memory'),
  metadata: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
    .optional(),
  blobs: z
    .string()
    .regex(/^s3:\/\//, 'must begin with s3://')
    .optional(),
  host: z.string().min(1).default('127.0.0.1'),
  port: z.number().int().min(0).max(65_535).default(0),
  region: z
    .string()
    .regex(/^[a-z0-9-]+$/, 'must be bare, such as cn-hangzhou')
    .refine((region) => !region.startsWith('oss-'), 'must be bare, without "oss-"')
    .default('cn-hangzhou'),
  credentials: z
    .array(key)
    .min(1)
    .refine(
      (keys) => new Set(keys.map(({ accessKeyId }) => accessKeyId)).size === keys.length,
      'must not have one accessKeyId twice',
    )
    .optional(),
  masterKey: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, 'must be 64 hexadecimal digits')
    .optional(),
  buckets: z.array(z.string().refine(isBucketName, 'must be a bucket name')).default([]),
  tls: z.strictObject({ certFile: z.string().min(1), keyFile: z.string().min(1) }).optional(),
  strictHttp: z.boolean().default(false),
  faults: z.array(fault).default([]),
  faultSeed: z
    .number()
    .int()
    .min(0)
    .max(MAX_FAULT_SEED)
    .default(() => randomInt(MAX_FAULT_SEED + 1)),
  limits: z
    .strictObject({
      everyKey: keyLimits.optional(),
      keys: z.record(z.string(), keyLimits).default({}),
      anonymous: keyLimits.optional(),
    })
    .default({}),
  extranetEndpoint: host.optional(),
  intranetEndpoint: host.optional(),
  owner: z
    .strictObject({ id: z.string().min(1), displayName: z.string().min(1).optional() })
    .default({ id: DEFAULT_OWNER }),
  cnames: z.record(host, z.string().refine(isBucketName, 'must be a bucket name')).default({}),
  baseHosts: z.array(host).default([]),
  collect: z
    .strictObject({
      graceMs: milliseconds.default(5 * MINUTE),
      intervalMs: milliseconds.max(MAX_TIMER_MS).default(MINUTE),
      orphanAgeMs: milliseconds.default(DAY),
      orphanIntervalMs: milliseconds.default(HOUR),
    })
    .default({}),
  bucketLogsIntervalMs: milliseconds.max(MAX_TIMER_MS).default(HOUR),
  lifecycle: z
    .strictObject({
      intervalMs: milliseconds.max(MAX_TIMER_MS).default(HOUR),
      abortUploadsAfterMs: milliseconds.optional(),
    })
    .default({}),
  minimumBodyRate: z
    .strictObject({
      bytesPerSecond: z.number().finite().positive(),
      windowMs: z.number().int().min(1).max(MAX_TIMER_MS),
    })
    .default({ bytesPerSecond: 1024, windowMs: 30_000 }),
  reserve: z.number().int().min(0).optional(),
  scrubRate: z.number().finite().min(0).default(0),
  bucketQuota: z
    .strictObject({
      bytes: z.number().int().min(0).optional(),
      objects: z.number().int().min(0).optional(),
    })
    .default({}),
  console: z.strictObject({ directory: z.string().min(1) }).optional(),
  admin: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1'),
      port: z.number().int().min(0).max(65_535),
    })
    .optional(),
  metrics: z.boolean().optional(),
  staleUploadMs: milliseconds.default(7 * DAY),
  restoreMs: milliseconds.optional(),
  callbackHosts: z
    .array(
      z
        .string()
        .regex(/^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?$/i, 'must be HOST or HOST:PORT')
        .toLowerCase(),
    )
    .default([]),
  log: z
    .custom<LogDestination>(
      (log) => typeof log === 'object' && log !== null && 'write' in log,
      'must have a method write(line)',
    )
    .optional(),
  now: z.custom<() => Date>((now) => typeof now === 'function', 'must be a function').optional(),
})

/** @throws {TypeError} naming every setting that cannot be. */
export function readOptions(options: ServerOptions): Config {
  const read = schema.safeParse(options)
  if (!read.success) {
    const faults = read.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'options'}: ${message}`,
    )
    throw new TypeError(`The server cannot start with these options. ${faults.join('; ')}`)
  }
  const { credentials: keys, log, tls, reserve, admin, metrics, now, ...more } = read.data
  const { metadata, blobs } = more
  if (more.data === 'memory' && metadata === undefined && blobs !== undefined) {
    throw new TypeError(
      'The server cannot start with these options. blobs: what names them would be forgotten; give metadata, or a directory',
    )
  }
  const { extranetEndpoint, intranetEndpoint = extranetEndpoint, ...rest } = more
  return {
    ...rest,
    metadata,
    blobs,
    ...(now === undefined ? patientClocks() : { now, patientNow: now }),
    extranetEndpoint,
    intranetEndpoint,
    keys,
    log,
    tls,
    reserve,
    admin,
    metrics: metrics ?? admin !== undefined,
  }
}
