/** One file or object on its way, and what is said of it. */

import type { Output } from '../output/output.ts'
import { printable } from '../output/printable.ts'
import { formatDuration, formatSize, plural } from '../quantities.ts'
import { type Comparison, skipReasons } from './existing.ts'
import { keepHeapSmall } from './keep-heap-small.ts'

/** From where to where, as the command line writes it. */
export interface Route {
  readonly source: string
  readonly target: string
}

/** Told while bytes move. */
export interface TransferProgress {
  /** Bytes. */
  readonly loaded: number
  /** Bytes of `loaded` that an earlier run had sent. */
  readonly resumed: number
  /** Bytes; `undefined` for a stream. */
  readonly total: number | undefined
  /** Parts that the service has. */
  readonly partsDone: number
  /** 0 when it goes in one request; `undefined` while nobody knows. */
  readonly parts: number | undefined
}

export interface TransferContext {
  readonly onProgress: (progress: TransferProgress) => void
  readonly signal: AbortSignal
  /** Whether a person may be asked before something is overwritten. */
  readonly mayAsk: boolean
}

export interface Transferred {
  /** Bytes. */
  readonly size: number
  /** 0 when it went in one request. */
  readonly parts: number
  /** Of them, those that an earlier run had sent. */
  readonly resumedParts: number
  /** What else `--json` tells. */
  readonly facts: Readonly<Record<string, unknown>>
}

const progressEventEveryMs = 500

/** Wraps a listener so that `--json` hears of progress too, now and then. */
export function tellProgress(
  output: Output,
  { source, target }: Route,
  listener: (progress: TransferProgress) => void,
): (progress: TransferProgress) => void {
  let toldAt = Number.NEGATIVE_INFINITY
  const tidy = keepHeapSmall()
  return (progress) => {
    listener(progress)
    tidy(progress.loaded)
    const now = performance.now()
    if (!output.json || now - toldAt < progressEventEveryMs) return
    toldAt = now
    output.event({ event: 'progress', source, target, ...progress })
  }
}

/** `copied a.mov to oss://films/a.mov: 98.2 MiB, 13 parts (7 resumed), 1.2 s`. */
export function tellCopied(
  output: Output,
  { source, target }: Route,
  { size, parts, resumedParts, facts }: Transferred,
  ms: number,
): void {
  const resumed = resumedParts > 0 ? ` (${resumedParts.toLocaleString('en-US')} resumed)` : ''
  const count = parts > 0 ? [`${plural(parts, 'part')}${resumed}`] : []
  const figures = [formatSize(size), ...count, formatDuration(ms)].join(', ')
  const [from, to] = [nameOf(source, 'stdin'), nameOf(target, 'stdout')]
  output.result(`copied ${from} to ${to}: ${figures}`, {
    event: 'copied',
    source,
    target,
    size,
    parts,
    resumedParts,
    ms: Math.round(ms),
    ...facts,
  })
}

export function tellSkipped(
  output: Output,
  { source, target }: Route,
  comparison: Comparison,
): void {
  const why = skipReasons[comparison]
  output.result(`skipped ${printable(source)}: ${printable(target)} ${why}`, {
    event: 'skipped',
    source,
    target,
    because: comparison,
  })
}

/** What `--dry-run` says instead of copying. */
export function tellWouldCopy(
  output: Output,
  { source, target, size }: Route & { readonly size: number | undefined },
): void {
  const much = size === undefined ? '' : `: ${formatSize(size)}`
  const [from, to] = [nameOf(source, 'stdin'), nameOf(target, 'stdout')]
  output.result(`would copy ${from} to ${to}${much}`, { event: 'would-copy', source, target, size })
}

function nameOf(place: string, stream: string): string {
  return place === '-' ? stream : printable(place)
}
