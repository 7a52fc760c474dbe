/** An OSS server in this process, from nothing to listening and back. */

import type { Credentials } from '@lading/protocol'
import { type FirstKey, openServerKeys } from './access/server-keys.ts'
import { keepBucketLogs } from './bucket-logs.ts'
import { collectRegularly } from './collect-regularly.ts'
import { composeService, openEngines } from './compose.ts'
import { type Config, readOptions, type ServerOptions } from './config.ts'
import { watchEngines } from './engine-watch.ts'
import type { AdminListener } from './http/admin-listener.ts'
import { CertificateWatch, readCertificate } from './http/certificate.ts'
import { defaultPatience, listen } from './http/listener.ts'
import type { ServerLog } from './observe/log.ts'
import type { MetricsSnapshot } from './observe/metrics.ts'
import { operate } from './operating.ts'
import { requireSharedSecrets } from './shared-secrets.ts'
import type { CollectionReport } from './store/collect-garbage.ts'
import type { LifecycleReport } from './store/lifecycle.ts'

export interface RunningServer {
  /** Such as `http://127.0.0.1:9000`. */
  readonly url: string
  readonly host: string
  readonly port: number
  /** The first key pair. */
  readonly credentials: Credentials
  /** Whether that pair was made by this start, so that somebody should be told of it. */
  readonly madeCredentials: boolean
  /** Where that pair is kept; `undefined` when it was given, or is kept in memory. */
  readonly credentialsFile: string | undefined
  /** What the chances of faults are drawn from: the same seed draws the same. */
  readonly faultSeed: number
  /** Where health and metrics are, such as `http://127.0.0.1:9100`; `undefined` without such a door. */
  readonly adminUrl: string | undefined
  /** What was counted so far, for `formatMetrics`; nothing unless the options ask for it. */
  metrics(): Promise<MetricsSnapshot>
  /** Ends now what has grown too old, as the lifecycles of buckets and the options say. */
  runLifecycle(): Promise<LifecycleReport>
  /** Delivers now the access logs that owners of buckets asked for. */
  deliverBucketLogs(): Promise<void>
  /** Deletes now what nobody can reach any more and has outlived its grace. */
  collectGarbage(): Promise<CollectionReport>
  /**
   * Reads the certificate and its key again now; connections that there are go on as they are. Does
   * nothing without TLS. Rejects, and keeps what is in use, when the files cannot be used.
   */
  reloadCertificate(): Promise<void>
  /**
   * Takes no more requests, answers those that have come, and closes. Resolves once all is closed;
   * what is not answered after `graceMs` (default 10 s) is cut off.
   */
  close(options?: { readonly graceMs?: number | undefined }): Promise<void>
  /**
   * Resolves with the error after which the data can no longer be trusted to be kept. The server has
   * stopped serving then; close it, and start another in a new process. Never rejects.
   */
  readonly failed: Promise<Error>
}

/** Milliseconds. */
const DEFAULT_GRACE = 10_000

/** Intervals for which a task is leased: whoever does it claims it again before they are over. */
const LEASED = 2

/** Milliseconds between two looks at engines on other machines. */
const WATCH_INTERVAL = 2_000

/**
 * Starts a server. Resolves once it listens. It neither handles signals nor ends the process: that is
 * for whoever owns the process.
 *
 * @throws {TypeError} for options that cannot be; {Error} when the data directory is of a format that
 *   this version does not know, or the port is taken.
 */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const chosen = readOptions(options)
  const certificate = chosen.tls && (await readCertificate(chosen.tls))
  await requireSharedSecrets(chosen)
  const engines = await openEngines(chosen)
  const { now: clock } = engines
  const config = clock ? { ...chosen, now: clock, patientNow: clock } : chosen
  let ready = true
  let port = config.port
  try {
    const operating = await operate(config, engines)
    const { log, space } = operating
    const watch = watchEngines(engines.remote, {
      intervalMs: WATCH_INTERVAL,
      onGone: (name, error) => log.error(`the ${name} does not answer`, error),
      onBack: (name) => log.note(`the ${name} answers again`),
    })
    const isReady = (): boolean => ready && watch.isWell
    const keys = await openServerKeys({
      given: config.keys ?? [],
      directory: config.data === 'memory' ? undefined : config.data.directory,
      now: config.now,
      report: (error) => log.error('the keys could not be read', error),
    })
    const { store, service } = await composeService(config, engines, {
      findKey: keys.find,
      address: () => advertisedAddress(config, port),
      ready: isReady,
      space,
    })
    const bucketLogs = keepBucketLogs(store, {
      now: config.now,
      report: (error) => log.error('the access log of a bucket could not be delivered', error),
    })
    const requestLog: ServerLog = {
      ...log,
      request(entry) {
        log.request(entry)
        bucketLogs.note(entry)
      },
    }
    const listener = await listen(service, requestLog, {
      host: config.host,
      port: config.port,
      strictHttp: config.strictHttp,
      certificate,
      patience: { ...defaultPatience, rate: config.minimumBodyRate },
    })
    port = listener.port
    // Only now: made any earlier, a pair would be kept and never shown if the port were taken.
    let first: FirstKey
    let door: AdminListener | undefined
    try {
      first = await keys.first()
      const { owner } = first.key
      for (const name of config.buckets) await store.putBucket({ name, owner })
      door = await operating.openDoor(isReady)
    } catch (error) {
      await listener.close({ graceMs: 0 })
      throw error
    }

    const collect = (options: {
      orphans: boolean
      signal?: AbortSignal
    }): Promise<CollectionReport> => {
      const { orphans, signal } = options
      const now = config.patientNow().getTime()
      const { graceMs, orphanAgeMs } = config.collect
      // What happened in this very millisecond counts as past, so that a grace of 0 is none.
      const before = new Date(now + 1 - graceMs)
      const orphanBefore = orphans ? new Date(now + 1 - orphanAgeMs) : undefined
      return store.collectGarbage({ before, orphanBefore, signal })
    }
    let orphansSoughtAt = Number.NEGATIVE_INFINITY
    const seeksOrphans = async (): Promise<boolean> => {
      const { orphanIntervalMs: every } = config.collect
      if (performance.now() - orphansSoughtAt < every) return false
      if (!(await engines.leases.claim('orphans', LEASED * every))) return false
      orphansSoughtAt = performance.now()
      return true
    }
    const collection = collectRegularly(
      async (signal) => {
        const orphans = await seeksOrphans()
        const { failure, ...report } = await collect({ orphans, signal })
        if (report.garbageBlobs + report.orphanBlobs > 0) log.note('collected', { ...report })
        if (failure !== undefined) log.error('not all could be collected', failure)
      },
      {
        intervalMs: config.collect.intervalMs,
        report: (error) => log.error('collection failed', error),
      },
    )

    const age = (signal?: AbortSignal): Promise<LifecycleReport> => {
      const { abortUploadsAfterMs } = config.lifecycle
      return store.runLifecycle({ abortUploadsAfterMs, signal })
    }
    const ageing = collectRegularly(
      async (signal) => {
        const { intervalMs } = config.lifecycle
        if (!(await engines.leases.claim('lifecycles', LEASED * intervalMs))) return
        const report = await age(signal)
        if (Object.values(report).some((count) => count > 0)) log.note('aged', { ...report })
      },
      {
        intervalMs: config.lifecycle.intervalMs,
        report: (error) => log.error('the lifecycles could not be followed', error),
      },
    )

    const scrub = await operating.beginScrub()
    const delivery = collectRegularly(() => bucketLogs.flush(), {
      intervalMs: config.bucketLogsIntervalMs,
      report: (error) => log.error('the access logs of buckets could not be delivered', error),
    })

    const certificates =
      config.tls &&
      new CertificateWatch(config.tls, {
        use(next) {
          listener.useCertificate(next)
          log.note('the certificate was read again')
        },
        report: (error) =>
          log.error('the certificate cannot be read again; the one in use stays', error),
      })

    const failed = engines.metadata.failed.then(async (error) => {
      ready = false
      log.error('the metadata store failed', error)
      await listener.close({ graceMs: 0 })
      return error
    })
    const shutDown = async (drained: Promise<void>): Promise<void> => {
      certificates?.stop()
      try {
        await Promise.all([
          drained,
          collection.stop(),
          ageing.stop(),
          delivery.stop(),
          scrub?.stop(),
          watch.stop(),
        ])
        await bucketLogs.flush()
      } finally {
        // Last, so that it can tell of the draining.
        await door?.close()
        operating.close()
        await engines.close()
      }
    }
    let closing: Promise<void> | undefined
    const url = `${config.tls ? 'https' : 'http'}://${hostInUrl(config.host)}:${port}`
    const { accessKeyId, accessKeySecret } = first.key
    return {
      url,
      host: config.host,
      port,
      credentials: { accessKeyId, accessKeySecret },
      madeCredentials: first.made,
      credentialsFile: first.file,
      faultSeed: config.faultSeed,
      adminUrl: door?.url,
      metrics: () => operating.snapshot(),
      runLifecycle: () => age(),
      deliverBucketLogs: () => bucketLogs.flush(),
      collectGarbage: () => collect({ orphans: true }),
      async reloadCertificate() {
        await certificates?.reload()
      },
      close({ graceMs = DEFAULT_GRACE } = {}) {
        ready = false
        // A second call may be in more of a hurry than the first.
        const drained = listener.close({ graceMs })
        closing ??= shutDown(drained)
        return Promise.all([drained, closing]).then(() => undefined)
      },
      failed,
    }
  } catch (error) {
    await engines.close()
    throw error
  }
}

function advertisedAddress({ host, baseHosts }: Config, port: number): string {
  const everywhere = host === '0.0.0.0' || host === '::'
  return baseHosts[0] ?? `${everywhere ? 'localhost' : hostInUrl(host)}:${port}`
}

function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
