/** What is counted and measured, in the form that Prometheus reads. */

import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import { AggregatorRegistry, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Survey } from '../ports/metadata-store.ts'
import type { AccessEntry, ServerLog } from './log.ts'

/** The numbers of one process at one moment, as plain values that can be sent to another one. */
export type MetricsSnapshot = readonly object[]

/** Where the numbers come from that are asked for rather than counted. */
export interface MetricsSources {
  readonly version: string
  /** Asked at most once a minute, because it reads every open upload. */
  readonly survey: () => Promise<Survey>
  /** Bytes that the disk still has; `undefined` without one. */
  readonly freeBytes: (() => Promise<number>) | undefined
  /** Bytes of it that are never given to new data. */
  readonly reserve: number
}

/** Milliseconds that a survey serves. */
const SURVEY_AGE = 60_000

/** Seconds. From an answer out of memory to five gigabytes on a slow line. */
const LATENCY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 300]

const NANOSECONDS = 1e9

/** Milliseconds between two looks at how late the event loop is. */
const LOOP_RESOLUTION = 20

/** The numbers of one server. Nothing is kept outside of it, so that a process may have several. */
export class ServerMetrics {
  readonly #registry = new Registry()
  readonly #loop: IntervalHistogram = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION })
  readonly #requests: Counter<'operation' | 'status'>
  readonly #faults: Counter<'operation'>
  readonly #bytesIn: Counter<'operation'>
  readonly #bytesOut: Counter<'operation'>
  readonly #latency: Histogram<'operation' | 'status'>
  readonly #spaceRefusals: Counter
  readonly #scrubbedBytes: Counter
  readonly #scrubFindings: Counter<'problem'>
  readonly #sources: MetricsSources
  #surveyed: { readonly at: number; readonly survey: Promise<Survey> } | undefined

  constructor(sources: MetricsSources) {
    this.#sources = sources
    const registers = [this.#registry]
    this.#requests = new Counter({
      name: 'lading_requests_total',
      help: 'Requests that were answered or lost.',
      labelNames: ['operation', 'status'],
      registers,
    })
    this.#faults = new Counter({
      name: 'lading_faults_total',
      help: 'Requests that failed through a fault of the server.',
      labelNames: ['operation'],
      registers,
    })
    this.#bytesIn = new Counter({
      name: 'lading_received_bytes_total',
      help: 'Bytes of request bodies.',
      labelNames: ['operation'],
      registers,
    })
    this.#bytesOut = new Counter({
      name: 'lading_sent_bytes_total',
      help: 'Bytes of response bodies.',
      labelNames: ['operation'],
      registers,
    })
    this.#latency = new Histogram({
      name: 'lading_request_duration_seconds',
      help: 'From the head of a request to the last byte of its answer.',
      labelNames: ['operation', 'status'],
      buckets: LATENCY_BUCKETS,
      registers,
    })
    this.#spaceRefusals = new Counter({
      name: 'lading_space_refusals_total',
      help: 'Requests refused to keep the reserve of free space.',
      registers,
    })
    this.#scrubbedBytes = new Counter({
      name: 'lading_scrubbed_bytes_total',
      help: 'Bytes that the background scrub has read.',
      registers,
    })
    this.#scrubFindings = new Counter({
      name: 'lading_scrub_findings_total',
      help: 'Objects and parts that the background scrub found missing or damaged.',
      labelNames: ['problem'],
      registers,
    })
    this.#addSurvey(registers)
    this.#addSpace(registers)
    this.#addProcess(registers)
    this.#loop.enable()
  }

  #request(entry: AccessEntry): void {
    const operation = entry.operation ?? 'none'
    const status = `${Math.floor(entry.status / 100)}xx`
    this.#requests.inc({ operation, status })
    this.#bytesIn.inc({ operation }, entry.bytesIn)
    this.#bytesOut.inc({ operation }, entry.bytesOut)
    this.#latency.observe({ operation, status }, entry.durationMs / 1000)
    if (entry.fault !== undefined) this.#faults.inc({ operation })
  }

  spaceRefused(): void {
    this.#spaceRefusals.inc()
  }

  scrubbed(bytes: number): void {
    this.#scrubbedBytes.inc(bytes)
  }

  scrubFound(problem: string): void {
    this.#scrubFindings.inc({ problem })
  }

  /** A log that counts, too. */
  counting(log: ServerLog): ServerLog {
    return {
      ...log,
      request: (entry) => {
        this.#request(entry)
        log.request(entry)
      },
    }
  }

  async snapshot(): Promise<MetricsSnapshot> {
    return await this.#registry.getMetricsAsJSON()
  }

  close(): void {
    this.#loop.disable()
  }

  /** Of several workers each sees the same store, so theirs are not added up. */
  #addSurvey(registers: Registry[]): void {
    const surveyed = (name: string, help: string, read: (survey: Survey) => number): void => {
      const survey = (): Promise<Survey> => this.#survey()
      new Gauge({
        name,
        help,
        registers,
        aggregator: 'max',
        async collect() {
          // A store that has failed says nothing new; the other numbers still count.
          const found = await survey().catch(() => undefined)
          if (found) this.set(read(found))
        },
      })
    }
    surveyed('lading_open_uploads', 'Multipart uploads that are open.', (s) => s.openUploads)
    surveyed('lading_open_upload_bytes', 'Bytes of their parts.', (s) => s.openUploadBytes)
    surveyed(
      'lading_stale_uploads',
      'Open uploads that were begun longer ago than the stale age.',
      (s) => s.staleUploads,
    )
    surveyed('lading_stale_upload_bytes', 'Bytes of their parts.', (s) => s.staleUploadBytes)
    surveyed(
      'lading_garbage_items',
      'What was replaced, deleted or aborted and is not collected yet.',
      (s) => s.garbageItems,
    )
  }

  #addSpace(registers: Registry[]): void {
    const { freeBytes, reserve } = this.#sources
    if (!freeBytes) return
    new Gauge({
      name: 'lading_free_bytes',
      help: 'Bytes that the file system of the data directory still has.',
      registers,
      aggregator: 'min',
      async collect() {
        this.set(await freeBytes())
      },
    })
    new Gauge({
      name: 'lading_reserve_bytes',
      help: 'Free bytes below which new data is refused.',
      registers,
      aggregator: 'max',
    }).set(reserve)
  }

  #addProcess(registers: Registry[]): void {
    const loop = this.#loop
    const delay = (name: string, help: string, read: () => number): void => {
      new Gauge({
        name,
        help,
        registers,
        aggregator: 'max',
        collect() {
          this.set(secondsLate(read()))
        },
      })
    }
    delay(
      'lading_event_loop_delay_p99_seconds',
      'How late the event loop was, since it was last asked.',
      () => loop.percentile(99),
    )
    // Comes after the percentile, and forgets what both have told.
    delay(
      'lading_event_loop_delay_max_seconds',
      'The latest that the event loop was, since it was last asked.',
      () => {
        const { max } = loop
        loop.reset()
        return max
      },
    )
    new Gauge({
      name: 'lading_resident_bytes',
      help: 'Memory of the processes that serve, together.',
      registers,
      collect() {
        this.set(process.memoryUsage.rss())
      },
    })
    new Gauge({ name: 'lading_workers', help: 'Processes that serve.', registers }).set(1)
    const build = new Gauge({
      name: 'lading_build_info',
      help: 'Which version this is, and of which Node.',
      labelNames: ['version', 'node'],
      registers,
      aggregator: 'max',
    })
    build.set({ version: this.#sources.version, node: process.version }, 1)
  }

  #survey(): Promise<Survey> {
    const now = performance.now()
    if (!this.#surveyed || now - this.#surveyed.at > SURVEY_AGE) {
      const survey = this.#sources.survey()
      this.#surveyed = { at: now, survey }
      // A survey that failed is no reason to wait for a minute.
      survey.catch(() => {
        this.#surveyed = undefined
      })
    }
    return this.#surveyed.survey
  }
}

/** The numbers of several processes as one page of Prometheus's text format. */
export async function formatSnapshots(snapshots: readonly MetricsSnapshot[]): Promise<string> {
  return await AggregatorRegistry.aggregate(snapshots.map((snapshot) => [...snapshot])).metrics()
}

/** Of what the histogram says in nanoseconds, which holds the time that it waits on purpose. */
function secondsLate(nanoseconds: number): number {
  if (!Number.isFinite(nanoseconds)) return 0
  return Math.max(0, nanoseconds / NANOSECONDS - LOOP_RESOLUTION / 1000)
}
