/** What `lading serve` does with its flags: one server, or a primary with its workers. */

import cluster from 'node:cluster'
import {
  type AdminAddress,
  type CertificateFiles,
  type Fault,
  parseFault,
  type ServerOptions,
} from '@lading/server'
import { CommandError, usageError } from '../command-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { interruptible } from '../interrupt.ts'
import { parseAge, parseCount, parseSize } from '../quantities.ts'
import { announce, tellAdmin, tellConsole, tellCredentials, tellFaultSeed } from './announce.ts'
import { findConsole } from './find-console.ts'
import { guardRejections } from './guard-rejections.ts'
import { isFile, openLog } from './open-log.ts'
import { readLimits } from './read-limits.ts'
import { readMasterKey } from './read-master-key.ts'
import { reloadCertificate } from './reload-certificate.ts'
import { runServer } from './run-server.ts'
import { runWorkers } from './run-workers.ts'
import { runAsWorker } from './worker.ts'

export interface ServeFlags {
  readonly data?: string
  readonly metadata?: string
  readonly blobs?: string
  readonly port: string
  readonly host: string
  readonly region: string
  readonly baseHost?: readonly string[]
  readonly cname?: readonly string[]
  readonly extranetEndpoint?: string
  readonly intranetEndpoint?: string
  readonly ownerId: string
  readonly ownerName?: string
  readonly workers: string
  readonly limit?: readonly string[]
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly strictHttp?: boolean
  readonly fault?: readonly string[]
  readonly faultSeed?: string
  readonly log?: boolean | string
  readonly adminPort?: string
  readonly adminHost: string
  readonly console?: boolean
  readonly reserve?: string
  readonly scrubRate?: string
  readonly bucketQuota?: string
  readonly bucketObjects?: string
  readonly restoreTime?: string
  readonly callbackHost?: readonly string[]
  readonly abortUploadsAfter?: string
  readonly bucketLogsEvery?: string
}

/** Ends the process once everything is closed; rejects only when nothing could be started. */
export async function serve(flags: ServeFlags): Promise<ExitCode> {
  const settings = readOptions(flags)
  const admin = readAdmin(flags)
  const workers = parseCount('--workers', flags.workers, { min: 1, max: 64 })
  const isLocal = flags.metadata === undefined || flags.blobs === undefined
  if (workers > 1 && flags.data === undefined && isLocal) {
    throw usageError(
      'workers share a directory, and there is none',
      'Give --data DIRECTORY, or --metadata and --blobs.',
    )
  }
  guardRejections()
  // The primary of several writes nothing itself: its workers do.
  const log = await openLog(workers > 1 && cluster.isPrimary ? undefined : flags.log)
  const options = { ...settings, log: log.destination }
  if (cluster.isWorker) {
    // The primary has the door, and asks.
    // One of them reads for all.
    const scrubRate = process.env.LADING_WORKER_SCRUBS ? options.scrubRate : 0
    const counting = { ...options, scrubRate, metrics: admin !== undefined }
    const status = await runAsWorker(counting, () => log.reopen?.())
    await log.close()
    return process.exit(status)
  }
  let reopen = log.reopen
  let reload: (() => void) | undefined
  const status = await interruptible(
    (stop) =>
      workers === 1
        ? runServer({ ...options, admin }, stop, (server) => {
            reload = () => reloadCertificate(server)
            tellCredentials(server)
            tellFaultSeed(server, options)
            tellAdmin(server.adminUrl)
            tellConsole(server.url, options)
            announce(server.url)
          })
        : runWorkers({
            count: workers,
            stop,
            admin,
            onReopen: (all) => {
              reopen = all
            },
            onReady: (url, door) => {
              tellAdmin(door?.url)
              tellConsole(url, options)
              announce(url)
            },
            note: (text) => process.stderr.write(`${text}\n`),
          }),
    // Without a file there is nothing to begin anew, and a terminal that hangs up ends its server.
    {
      onHangUp:
        isFile(flags.log) || options.tls
          ? () => {
              reopen?.()
              reload?.()
            }
          : undefined,
    },
  )
  await log.close()
  // Closed is closed: what still waits for a client that is long gone must not hold up the end.
  return process.exit(status)
}

function readOptions(flags: ServeFlags): ServerOptions {
  return {
    data: flags.data === undefined ? 'memory' : { directory: flags.data },
    metadata: flags.metadata,
    blobs: flags.blobs,
    host: flags.host,
    port: parseCount('--port', flags.port, { min: 0, max: 65_535 }),
    region: flags.region,
    baseHosts: flags.baseHost,
    cnames: flags.cname && Object.fromEntries(flags.cname.map(readCname)),
    extranetEndpoint: flags.extranetEndpoint,
    intranetEndpoint: flags.intranetEndpoint,
    owner: { id: flags.ownerId, displayName: flags.ownerName },
    faults: flags.fault?.map(readFault),
    faultSeed:
      flags.faultSeed === undefined
        ? undefined
        : parseCount('--fault-seed', flags.faultSeed, { min: 0, max: 999_999_999 }),
    limits: flags.limit && readLimits(flags.limit),
    tls: readTls(flags),
    console: flags.console === false ? undefined : findConsole(),
    strictHttp: flags.strictHttp,
    scrubRate:
      flags.scrubRate === undefined ? undefined : parseSize('--scrub-rate', flags.scrubRate),
    bucketQuota: {
      bytes:
        flags.bucketQuota === undefined
          ? undefined
          : parseSize('--bucket-quota', flags.bucketQuota),
      objects:
        flags.bucketObjects === undefined
          ? undefined
          : parseCount('--bucket-objects', flags.bucketObjects, { min: 0, max: 999_999_999 }),
    },
    reserve: flags.reserve === undefined ? undefined : parseSize('--reserve', flags.reserve),
    callbackHosts: flags.callbackHost,
    restoreMs:
      flags.restoreTime === undefined ? undefined : parseAge('--restore-time', flags.restoreTime),
    bucketLogsIntervalMs:
      flags.bucketLogsEvery === undefined
        ? undefined
        : parseAge('--bucket-logs-every', flags.bucketLogsEvery),
    lifecycle:
      flags.abortUploadsAfter === undefined
        ? undefined
        : { abortUploadsAfterMs: parseAge('--abort-uploads-after', flags.abortUploadsAfter) },
    ...readKeyPair(process.env),
    masterKey: readMasterKey(process.env),
  }
}

function readAdmin({ adminPort, adminHost }: ServeFlags): AdminAddress | undefined {
  if (adminPort === undefined) return undefined
  return { host: adminHost, port: parseCount('--admin-port', adminPort, { min: 0, max: 65_535 }) }
}

function readTls({ tlsCert, tlsKey }: ServeFlags): CertificateFiles | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined
  if (tlsCert === undefined || tlsKey === undefined) {
    throw usageError('--tls-cert and --tls-key are given together or not at all')
  }
  return { certFile: tlsCert, keyFile: tlsKey }
}

function readCname(text: string): [host: string, bucket: string] {
  const [, host, bucket] = /^([^=]+)=([^=]+)$/.exec(text) ?? []
  if (host === undefined || bucket === undefined) {
    throw usageError(`--cname: ${JSON.stringify(text)} is not HOST=BUCKET`)
  }
  return [host, bucket]
}

function readFault(spec: string): Fault {
  try {
    return parseFault(spec)
  } catch (error) {
    throw usageError(`--fault ${spec}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function readKeyPair(
  environment: Readonly<Record<string, string | undefined>>,
): Pick<ServerOptions, 'credentials'> {
  const { LADING_ACCESS_KEY_ID: id, LADING_ACCESS_KEY_SECRET: secret } = environment
  if (!id && !secret) return {}
  if (!id || !secret) {
    throw new CommandError(
      exitCodes.config,
      'LADING_ACCESS_KEY_ID and LADING_ACCESS_KEY_SECRET are set together or not at all',
    )
  }
  return { credentials: [{ accessKeyId: id, accessKeySecret: secret }] }
}
