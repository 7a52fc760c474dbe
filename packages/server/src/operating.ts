/** What an operator sees of a server: its numbers, its health, and how full its disk is. */

import { join } from 'node:path'
import { loadHasher } from '@lading/protocol'
import type { Engines } from './compose.ts'
import type { Config } from './config.ts'
import { type Disk, lookAtDisk } from './disk.ts'
import { type AdminListener, listenForAdmin } from './http/admin-listener.ts'
import { endlessSpace, type FreeSpace, guardFreeSpace } from './http/free-space.ts'
import { createLog, type ServerLog } from './observe/log.ts'
import type { MetricsSnapshot, ServerMetrics } from './observe/metrics.ts'
import type { MetadataStore } from './ports/metadata-store.ts'
import { type RegularScrub, scrubRegularly } from './scrub-regularly.ts'
import { isShared } from './shared-secrets.ts'
import { version } from './version.ts'

/** Milliseconds that nobody else scrubs for; it is claimed again every ten seconds of a pass. */
const SCRUB_LEASE = 5 * 60_000

export interface Operating {
  /** Counts each request if that is asked for. */
  readonly log: ServerLog
  readonly space: FreeSpace
  /** `undefined` where nothing is counted. */
  readonly metrics: ServerMetrics | undefined
  /** Opens the operator's door if there is to be one. @throws as `listen` does. */
  openDoor(ready: () => boolean): Promise<AdminListener | undefined>
  /** Begins to read everything over and over, if that is asked for. */
  beginScrub(): Promise<RegularScrub | undefined>
  /** The numbers as they stand; none where nothing is counted. */
  snapshot(): Promise<MetricsSnapshot>
  close(): void
}

export async function operate(config: Config, engines: Engines): Promise<Operating> {
  const { metadata } = engines
  const disk =
    config.data === 'memory' || isShared(config)
      ? undefined
      : await lookAtDisk(config.data.directory, config.reserve)
  const log = createLog(config.log)
  const metrics = config.metrics ? await measure(config, metadata, disk) : undefined
  const snapshot = async (): Promise<MetricsSnapshot> => (await metrics?.snapshot()) ?? []
  return {
    log: metrics ? metrics.counting(log) : log,
    space: spaceOf(disk, () => metrics?.spaceRefused()),
    metrics,
    snapshot,
    async openDoor(ready) {
      if (!config.admin) return undefined
      const page = async (): Promise<string> => formatMetrics([await snapshot()])
      return await listenForAdmin({ ...config.admin, ready, metrics: page })
    },
    async beginScrub() {
      if (config.scrubRate === 0) return undefined
      return scrubRegularly(
        { ...engines, makeHasher: await loadHasher() },
        {
          bytesPerSecond: config.scrubRate,
          path: config.data === 'memory' ? undefined : join(config.data.directory, 'scrub.json'),
          isOurs: () => engines.leases.claim('scrub', SCRUB_LEASE),
          onBytes: (bytes) => metrics?.scrubbed(bytes),
          onFinding: ({ kind, what, why }) => {
            metrics?.scrubFound(kind)
            log.warn('the scrub found what is no longer as it was stored', { kind, what, why })
          },
          onPass: () => log.note('the scrub has read everything'),
          report: (error) => log.error('the scrub was ended', error),
        },
      )
    },
    close: () => metrics?.close(),
  }
}

/** The numbers of several processes as one page of Prometheus's text format. */
export async function formatMetrics(snapshots: readonly MetricsSnapshot[]): Promise<string> {
  const { formatSnapshots } = await import('./observe/metrics.ts')
  return await formatSnapshots(snapshots)
}

/** Loaded only where it is wanted: it takes as long to load as all the rest. */
async function measure(
  { staleUploadMs, now }: Config,
  metadata: MetadataStore,
  disk: Disk | undefined,
): Promise<ServerMetrics> {
  const { ServerMetrics: Metrics } = await import('./observe/metrics.ts')
  return new Metrics({
    version,
    survey: () =>
      metadata.survey({ staleBefore: new Date(Math.max(0, now().getTime() - staleUploadMs)) }),
    freeBytes: disk && (() => disk.freeBytes()),
    reserve: disk?.reserve ?? 0,
  })
}

function spaceOf(disk: Disk | undefined, onRefusal: () => void): FreeSpace {
  if (!disk || disk.reserve === 0) return endlessSpace
  const { reserve } = disk
  return guardFreeSpace({ reserve, freeBytes: () => disk.freeBytes(), onRefusal })
}
