/** `lading sync`: makes a folder of a bucket or a directory like another one. */

import { rm } from 'node:fs/promises'
import type { Command } from 'commander'
import { canAsk, confirm } from '../ask.ts'
import { usageError } from '../command-error.ts'
import { describeError, formatDescribed } from '../describe-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { InterruptedError } from '../interrupt.ts'
import { formatOssUrl } from '../oss-url.ts'
import { printable } from '../output/printable.ts'
import type { Act } from '../program.ts'
import { plural } from '../quantities.ts'
import { addServiceOptions, type Service, type ServiceFlags, withService } from '../service.ts'
import { sameCommand } from '../shell.ts'
import { copyFolder, tellFinished } from '../transfer/copy-folder.ts'
import type { Transfer } from '../transfer/copy-one.ts'
import {
  addCopyOptions,
  type CopyFlags,
  type CopyOptions,
  readCopyOptions,
} from '../transfer/copy-options.ts'
import { type Direction, requireDirection } from '../transfer/direction.ts'
import type { Comparison } from '../transfer/existing.ts'
import type { Filter } from '../transfer/filters.ts'
import { removeObjects } from '../transfer/remove-objects.ts'
import { checkpointDirectory } from '../transfer/state-directory.ts'
import { type Surplus, type SyncStep, syncAcross, syncDown, syncUp } from '../transfer/sync-plan.ts'

interface SyncFlags extends ServiceFlags, CopyFlags {
  readonly delete?: boolean
}

const afterHelp = `
What a filter leaves out is neither copied nor removed, and no more is what
stands for a link that leads nowhere. Nothing is removed when a file could not
be copied.

Examples:
  $ lading sync photos oss://films/photos --dry-run
  $ lading sync photos oss://films/photos --delete --exclude '*.tmp'
  $ lading sync oss://films/photos photos --checksum`

export function addSync(program: Command, act: Act): void {
  const command = program
    .command('sync')
    .summary('copy what differs between directories and folders')
    .description(
      'Copies the files that the target lacks, or has in another size or older, and overwrites without asking. With --delete it removes what the source has not.',
    )
    .argument('<source>', 'DIRECTORY or oss://BUCKET[/FOLDER]')
    .argument('<target>', 'oss://BUCKET[/FOLDER] or DIRECTORY')
    .option('--delete', 'remove files of the target that the source has not')
    .option('-f, --force', 'remove without asking')
    .option('--size-only', 'the same size is the same file, whatever the times')
    .option('--checksum', 'compare sizes and CRC-64 instead of times; reads every file')
    .option('--ignore-existing', 'copy only what the target has not at all')
  const filters = addCopyOptions(command)
  addServiceOptions(command)
    .addHelpText('after', afterHelp)
    .action(
      act((source: string, target: string, flags: SyncFlags) =>
        sync(source, target, flags, filters),
      ),
    )
}

async function sync(
  source: string,
  target: string,
  flags: SyncFlags,
  filters: readonly Filter[],
): Promise<ExitCode> {
  const direction = requireDirection('lading sync DIRECTORY oss://BUCKET/FOLDER', source, target)
  const read = readCopyOptions(flags, checkpointDirectory(), filters)
  const comparison = read.existing.skips ?? 'time'
  if (flags.delete && !flags.force && !flags.dryRun && (flags.json || !canAsk())) {
    throw usageError(
      'nobody is there to confirm what --delete removes',
      'See what that is with --dry-run, then pass --force.',
    )
  }
  // What is to be replaced has been decided already.
  const existing = { skips: undefined, replaces: comparison !== 'existence', asks: false }
  const options: CopyOptions = { ...read, existing }
  const { progress, quiet } = flags
  return withService(flags, { progress, quiet }, async (service) => {
    try {
      return await run(service, { source, target, direction, comparison, flags, options })
    } catch (error) {
      if (!(error instanceof InterruptedError)) throw error
      const resume = sameCommand()
      service.output.close()
      service.output.event({ event: 'interrupted', resume })
      service.output.note(
        `lading: interrupted; what is copied stays, and so do parts that were sent\n  Resume with: ${resume}`,
      )
      return exitCodes.interrupted
    }
  })
}

const stepsOf = { up: syncUp, down: syncDown, across: syncAcross }

interface Syncing {
  readonly source: string
  readonly target: string
  readonly direction: Direction
  readonly comparison: Comparison
  readonly flags: SyncFlags
  readonly options: CopyOptions
}

async function run(service: Service, syncing: Syncing): Promise<ExitCode> {
  const { source, target, direction, comparison, flags, options } = syncing
  const steps = (): AsyncIterable<SyncStep> =>
    stepsOf[direction](service, source, target, options, comparison)
  let same = 0
  const surplus: Surplus[] = []
  async function* find(isFirst: boolean): AsyncGenerator<Transfer, void, void> {
    for await (const step of steps()) {
      if (step.kind === 'copy') yield step.transfer
      else if (isFirst && step.kind === 'same') same += 1
      else if (isFirst && step.kind === 'surplus' && flags.delete) surplus.push(step.surplus)
    }
  }
  let isBegun = false
  const found = (): AsyncIterable<Transfer> => {
    const isFirst = !isBegun
    isBegun = true
    return find(isFirst)
  }
  const { copied, failed, bytes } = await copyFolder(service, found, options)
  const removed = await removeSurplus(service, surplus, { target, flags, failed })
  const ended = { copied, skipped: same, failed: failed + removed.failed, bytes }
  const exitCode = tellFinished(service, ended, options, { removed: removed.removed })
  return removed.isRefused && exitCode === exitCodes.ok ? exitCodes.failed : exitCode
}

interface Removed {
  readonly removed: number
  readonly failed: number
  /** A person said no. */
  readonly isRefused?: boolean
}

const none: Removed = { removed: 0, failed: 0 }

async function removeSurplus(
  service: Service,
  surplus: readonly Surplus[],
  {
    target,
    flags,
    failed,
  }: { readonly target: string; readonly flags: SyncFlags; readonly failed: number },
): Promise<Removed> {
  const { output } = service
  if (surplus.length === 0) return none
  if (flags.dryRun) {
    for (const { place } of surplus) {
      output.result(`would remove ${printable(place)}`, { event: 'would-remove', target: place })
    }
    return { ...none, removed: surplus.length }
  }
  if (failed > 0) {
    output.note('lading: nothing was removed, because not everything was copied')
    return none
  }
  if (!flags.force && !(await mayRemove(service, surplus, target))) {
    return { ...none, isRefused: true }
  }
  return remove(service, surplus)
}

async function mayRemove(
  { output, signal }: Service,
  surplus: readonly Surplus[],
  target: string,
): Promise<boolean> {
  output.close()
  const what = `${plural(surplus.length, 'file')} of ${printable(target)}`
  const [first] = surplus
  const example = first ? ` (${printable(first.place)}${surplus.length > 1 ? ', ...' : ''})` : ''
  return confirm(`Remove ${what}${example}?`, signal)
}

async function remove(service: Service, surplus: readonly Surplus[]): Promise<Removed> {
  const { output, signal } = service
  let [removed, failed] = [0, 0]
  const tell = (place: string): void => {
    removed += 1
    output.result(`removed ${printable(place)}`, { event: 'removed', target: place })
  }
  const objects = surplus.flatMap((one) => ('object' in one ? [one.object] : []))
  const [first] = objects
  if (first) {
    const { bucket } = first
    await removeObjects(service, bucket, objects, ({ key }) => tell(formatOssUrl(bucket, key)))
  }
  for (const one of surplus) {
    if (!('path' in one)) continue
    signal.throwIfAborted()
    try {
      await rm(one.path)
      tell(one.place)
    } catch (error) {
      failed += 1
      output.note(`${formatDescribed(describeError(error))}\n  It was: removing ${one.place}`)
    }
  }
  return { removed, failed }
}
