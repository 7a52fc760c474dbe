/** Copies many files or objects, several at a time, with one progress for all. */

import { describeError, formatDescribed } from '../describe-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { tellFailed } from '../output/tell-failed.ts'
import { formatSize, plural } from '../quantities.ts'
import type { Service } from '../service.ts'
import { Backlog } from './backlog.ts'
import { cameMeanwhile, requireFree, type Transfer } from './copy-one.ts'
import type { CopyOptions } from './copy-options.ts'
import { Totals } from './totals.ts'
import { tellCopied, tellProgress, tellSkipped, tellWouldCopy } from './transfer.ts'

export interface Copied {
  readonly copied: number
  readonly skipped: number
  readonly failed: number
  /** Bytes of what was copied, or would have been. */
  readonly bytes: number
}

/** Files found and not begun, of each kind: what is held of a tree, however large it is. */
const room = 1000

/**
 * Copies while it is still being found out what there is. One that fails does not keep the others
 * from going on. `find` is begun once, and a second time only to count what is too much to wait for.
 */
export async function copyFolder(
  service: Service,
  find: () => AsyncIterable<Transfer>,
  options: CopyOptions,
): Promise<Copied> {
  const { signal } = service
  const copying = new Copying(service, options)
  const queues = {
    large: new Backlog<Transfer>(room),
    small: new Backlog<Transfer>(room),
  }
  const work = async (queue: Backlog<Transfer>): Promise<void> => {
    for await (const transfer of queue) {
      signal.throwIfAborted()
      await copying.copy(transfer)
    }
  }
  // None rejects but for the signal, and all are waited for: a transfer that is interrupted still
  // closes its files.
  const workers = [
    ...Array.from({ length: options.jobs }, () => work(queues.large)),
    ...Array.from({ length: options.smallJobs }, () => work(queues.small)),
  ]
  const stop = (): void => {
    queues.large.end()
    queues.small.end()
  }
  signal.addEventListener('abort', stop, { once: true })
  // What comes on stdin cannot be looked through beforehand.
  const mayCount = service.output.showsProgress && options.filesFrom !== '-'
  let counting: Promise<void> | undefined
  try {
    for await (const transfer of find()) {
      signal.throwIfAborted()
      copying.found(transfer)
      const queue = isSmall(transfer, options) ? queues.small : queues.large
      if (queue.isFull && mayCount) counting ??= copying.count(find())
      await queue.put(transfer)
    }
    copying.foundAll()
  } finally {
    stop()
    signal.removeEventListener('abort', stop)
    await Promise.allSettled([...workers, counting])
  }
  signal.throwIfAborted()
  return copying.result
}

function isSmall({ size }: Transfer, { bigfileThreshold }: CopyOptions): boolean {
  return size !== undefined && size <= bigfileThreshold
}

/** Of all transfers together: what became of them, and the progress. */
class Copying {
  readonly #service: Service
  readonly #options: CopyOptions
  readonly #totals: Totals
  #copied = 0
  #skipped = 0
  #failed = 0
  #bytes = 0
  #isOver = false

  constructor(service: Service, options: CopyOptions) {
    this.#service = service
    this.#options = options
    this.#totals = new Totals(
      service.output,
      () => this.#copied + this.#skipped + this.#failed,
      options.dryRun,
    )
  }

  get result(): Copied {
    const [copied, skipped, failed, bytes] = [
      this.#copied,
      this.#skipped,
      this.#failed,
      this.#bytes,
    ]
    return { copied, skipped, failed, bytes }
  }

  found({ size = 0 }: Transfer): void {
    this.#totals.found(size)
  }

  foundAll(): void {
    this.#isOver = true
    this.#totals.foundAll()
  }

  /** Looks through all of it, so that the progress can tell how much there is. */
  async count(transfers: AsyncIterable<Transfer>): Promise<void> {
    let [files, bytes] = [0, 0]
    for await (const { size = 0 } of transfers) {
      // What is copied has been found by now, or nobody wants to know any more.
      if (this.#isOver || this.#service.signal.aborted) return
      files += 1
      bytes += size
    }
    this.#totals.counted(files, bytes)
  }

  async copy(transfer: Transfer): Promise<void> {
    const { output, signal } = this.#service
    const { existing, dryRun } = this.#options
    const { source, target, size = 0 } = transfer
    try {
      if (existing.skips && (await transfer.isCurrent(existing.skips, signal))) {
        this.#skip(transfer)
        return
      }
      if (dryRun) {
        await requireFree(transfer, this.#options, signal)
        tellWouldCopy(output, transfer)
        this.#bytes += size
      } else {
        const copied = await this.#run(transfer)
        this.#bytes += copied
      }
      this.#copied += 1
    } catch (error) {
      signal.throwIfAborted()
      if (cameMeanwhile(error, this.#options)) {
        this.#skip(transfer)
        return
      }
      this.#failed += 1
      await tellFailed(output, error, { source, target })
      output.note(`${formatDescribed(describeError(error))}\n  It was: ${source} to ${target}`)
    } finally {
      this.#totals.ended(transfer, size)
    }
  }

  #skip(transfer: Transfer): void {
    tellSkipped(this.#service.output, transfer, this.#options.existing.skips ?? 'existence')
    this.#skipped += 1
  }

  /** Resolves with its bytes. */
  async #run(transfer: Transfer): Promise<number> {
    const { output, signal } = this.#service
    const { source, target, size } = transfer
    output.event({ event: 'started', source, target, size })
    const began = performance.now()
    const onProgress = tellProgress(output, transfer, ({ loaded, resumed }) =>
      this.#totals.update(transfer, loaded, resumed),
    )
    const transferred = await transfer.run({ onProgress, signal, mayAsk: false })
    tellCopied(output, transfer, transferred, performance.now() - began)
    return transferred.size
  }
}

/** The last line of a command that copies many; the exit status tells that some failed. */
export function tellFinished(
  { output }: Service,
  { copied, skipped, failed, bytes }: Copied,
  { dryRun }: CopyOptions,
  others: Readonly<Record<string, number>> = {},
): ExitCode {
  const did = dryRun ? `to copy (${formatSize(bytes)})` : 'copied'
  const words: Readonly<Record<string, string>> = dryRun
    ? { removed: 'to remove', failed: 'would fail' }
    : {}
  const parts = [
    `${plural(copied, 'file')} ${did}`,
    ...Object.entries({ skipped, ...others, failed }).flatMap(([name, count]) =>
      count > 0 ? [`${count.toLocaleString('en-US')} ${words[name] ?? name}`] : [],
    ),
  ]
  const end = dryRun ? '; nothing was done' : ''
  const event = dryRun ? 'dry-run' : 'finished'
  output.result(`${parts.join(', ')}${end}`, { event, copied, skipped, ...others, failed, bytes })
  return failed > 0 ? exitCodes.failed : exitCodes.ok
}
