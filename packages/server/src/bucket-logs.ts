/**
 * Access logs that owners of buckets asked for: lines of their requests, put into the bucket that they
 * named. Lines wait in memory until they are flushed, so a crash loses those, as the service's own
 * delivery may too. Source: "Logging", OSS user guide.
 */

import { randomBytes } from 'node:crypto'
import { decodeBucketLoggingStatus, type LoggingEnabled, OssError } from '@lading/protocol'
import type { AccessEntry } from './observe/log.ts'
import type { Store } from './store/store.ts'

/** Characters of one bucket's lines that are flushed before their time. */
const MAX_WAITING = 1024 * 1024

/** Requests that may wait to be looked at; above it, lines are lost rather than memory taken. */
const MAX_QUEUED = 10_000

export interface BucketLogs {
  /** Keeps a line of the request if its bucket is logged. Never throws. */
  note(entry: AccessEntry): void
  /** Puts every line that waits into the bucket that it is for. Never rejects. */
  flush(): Promise<void>
}

type LoggedStore = Pick<Store, 'findBucket' | 'findBucketSetting' | 'putObject'>

export function keepBucketLogs(
  store: LoggedStore,
  options: { readonly now: () => Date; readonly report: (error: unknown) => void },
): BucketLogs {
  const { now, report } = options
  const waiting = new Map<string, string>()
  let queued = 0
  let work: Promise<void> = Promise.resolve()
  const next = (step: () => Promise<void>): Promise<void> => {
    work = work.then(step).catch(report)
    return work
  }

  async function add(bucket: string, entry: AccessEntry, time: Date): Promise<void> {
    if (!(await findLogging(store, bucket))) return
    const lines = `${waiting.get(bucket) ?? ''}${formatLine(entry, time)}\n`
    waiting.set(bucket, lines)
    if (lines.length > MAX_WAITING) await deliver(bucket)
  }

  /** What cannot be delivered is lost: it must not pile up. */
  async function deliver(bucket: string): Promise<void> {
    const lines = waiting.get(bucket)
    waiting.delete(bucket)
    const target = await findLogging(store, bucket)
    if (lines === undefined || !target) return
    await requireSameOwner(store, bucket, target.targetBucket)
    const id = randomBytes(4).toString('hex').toUpperCase()
    const bytes = new TextEncoder().encode(lines)
    await store.putObject({
      bucket: target.targetBucket,
      key: `${target.targetPrefix}${bucket}${stamp(now())}-${id}`,
      attributes: {
        contentType: 'text/plain',
        headers: {},
        userMetadata: {},
        storageClass: undefined,
      },
      forbidOverwrite: false,
      bytes: (async function* () {
        yield bytes
      })(),
      expected: {},
    })
  }

  return {
    note(entry) {
      const { bucket } = entry
      if (bucket === undefined || queued >= MAX_QUEUED) return
      queued += 1
      const time = now()
      void next(async () => {
        queued -= 1
        await add(bucket, entry, time)
      })
    },
    flush: () =>
      next(async () => {
        for (const bucket of [...waiting.keys()]) await deliver(bucket).catch(report)
      }),
  }
}

async function findLogging(store: LoggedStore, name: string): Promise<LoggingEnabled | undefined> {
  const xml = await store.findBucketSetting(name, 'logging')
  return xml === undefined ? undefined : decodeBucketLoggingStatus(xml).enabled
}

/** A target that is gone, or has come into other hands since it was named, gets nothing. */
async function requireSameOwner(store: LoggedStore, source: string, target: string): Promise<void> {
  const [from, to] = await Promise.all([store.findBucket(source), store.findBucket(target)])
  if (from && from.owner === to?.owner) return
  throw new OssError('InvalidTargetBucketForLogging', { details: { BucketName: source } })
}

/** `2026-01-31-23-59-59`, in UTC. */
function stamp(time: Date): string {
  return time.toISOString().slice(0, 19).replace(/[T:]/g, '-')
}

/** The fields of OSS's access log in their order; `-` where we do not know one. */
function formatLine(entry: AccessEntry, time: Date): string {
  const { method, target, status, bytesOut, bytesIn, durationMs } = entry
  return [
    entry.remote ?? '-',
    '-',
    '-',
    `[${clf(time)}]`,
    quoted(`${method} ${target} HTTP/1.1`),
    status,
    bytesOut,
    durationMs,
    quoted(undefined),
    quoted(entry.userAgent),
    quoted(entry.host),
    quoted(entry.requestId),
    quoted('true'),
    quoted(undefined),
    quoted(entry.operation),
    quoted(entry.bucket),
    quoted(entry.key === undefined ? undefined : encodeURIComponent(entry.key)),
    '-',
    durationMs,
    quoted(entry.code),
    bytesIn,
    quoted(undefined),
    '-',
    quoted(undefined),
    quoted(undefined),
    quoted(undefined),
    quoted(undefined),
    quoted(entry.accessKeyId),
  ].join(' ')
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `31/Jan/2026:23:59:59 +0000`. */
function clf(time: Date): string {
  const [date = '', clock = ''] = time.toISOString().slice(0, 19).split('T')
  const [year, , day] = date.split('-')
  return `${day}/${months[time.getUTCMonth()]}/${year}:${clock} +0000`
}

/** Neither a quote nor a line end of a visitor's ends the field. */
function quoted(text: string | undefined): string {
  const safe = (text ?? '-').replace(
    /["\\\x00-\x1f\x7f]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
  return `"${safe}"`
}
