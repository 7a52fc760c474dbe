/** `lading sync`: makes a folder of a bucket or a directory like another one. */

import type { Command } from 'commander'
import { canAsk, confirm } from '../ask.ts'
import { usageError } from '../command-error.ts'
import { describeError, formatDescribed } from '../describe-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { InterruptedError } from '../interrupt.ts'
import { printable } from '../output/printable.ts'
import type { Act } from '../program.ts'
import { formatSize, plural } from '../quantities.ts'
import { addServiceOptions, type Service, type ServiceFlags, withService } from '../service.ts'
import { sameCommand } from '../shell.ts'
import { copyFolder, tellFinished } from '../transfer/copy-folder.ts'
import {
  addCopyOptions,
  type CopyFlags,
  type CopyOptions,
  readCopyOptions,
} from '../transfer/copy-options.ts'
import { type Direction, requireDirection } from '../transfer/direction.ts'
import type { Filter } from '../transfer/filters.ts'
import { checkpointDirectory } from '../transfer/state-directory.ts'
import {
  type Comparison,
  planSyncAcross,
  planSyncDown,
  planSyncUp,
  type Surplus,
} from '../transfer/sync-plan.ts'

interface SyncFlags extends ServiceFlags, CopyFlags {
  readonly delete?: boolean
  readonly dryRun?: boolean
  readonly sizeOnly?: boolean
  readonly checksum?: boolean
  readonly progress: boolean
}

const afterHelp = `
What a filter leaves out is neither copied nor removed. Nothing is removed when
a file could not be copied.

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
    .option('-n, --dry-run', 'say what would be done, and do nothing')
    .option('-f, --force', 'remove without asking')
    .option('--size-only', 'the same size is the same file, whatever the times')
    .option('--checksum', 'compare sizes and CRC-64 instead of times; reads every file')
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
  if (flags.sizeOnly && flags.checksum) {
    throw usageError('--size-only and --checksum do not go together')
  }
  const comparison = flags.checksum ? 'checksum' : flags.sizeOnly ? 'size' : 'time'
  const read = readCopyOptions(flags, checkpointDirectory(), filters)
  // What is to be replaced has been decided already.
  const options: CopyOptions = { ...read, force: true, update: false }
  return withService(flags, { progress: flags.progress }, async (service) => {
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

const planOf = { up: planSyncUp, down: planSyncDown, across: planSyncAcross }

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
  const plan = planOf[direction]
  const { transfers, same, surplus } = await plan(service, source, target, options, comparison)
  const doomed = flags.delete ? surplus : []
  if (flags.dryRun) return tellPlan(service, { transfers, same, doomed })
  if (doomed.length > 0 && !flags.force) {
    if (!(await mayRemove(service, doomed, target))) return exitCodes.failed
  }
  const { copied, failed } = await copyFolder(service, transfers, options)
  const removed = failed > 0 ? { removed: 0, failed: 0 } : await remove(service, doomed)
  if (failed > 0 && doomed.length > 0) {
    service.output.note('lading: nothing was removed, because not everything was copied')
  }
  return tellFinished(
    service,
    { copied, skipped: same, failed: failed + removed.failed },
    { removed: removed.removed },
  )
}

function tellPlan(
  { output }: Service,
  {
    transfers,
    same,
    doomed,
  }: {
    readonly transfers: Awaited<ReturnType<typeof planSyncUp>>['transfers']
    readonly same: number
    readonly doomed: readonly Surplus[]
  },
): ExitCode {
  let bytes = 0
  for (const { source, target, size = 0 } of transfers) {
    bytes += size
    output.result(`would copy ${printable(source)} to ${printable(target)}: ${formatSize(size)}`, {
      event: 'would-copy',
      source,
      target,
      size,
    })
  }
  for (const { place } of doomed) {
    output.result(`would remove ${printable(place)}`, { event: 'would-remove', target: place })
  }
  const facts = { files: transfers.length, bytes, same, surplus: doomed.length }
  output.result(
    `${plural(transfers.length, 'file')} to copy (${formatSize(bytes)}), ${same.toLocaleString('en-US')} the same, ${doomed.length.toLocaleString('en-US')} to remove; nothing was done`,
    { event: 'dry-run', ...facts },
  )
  return exitCodes.ok
}

async function mayRemove(
  { output, signal }: Service,
  doomed: readonly Surplus[],
  target: string,
): Promise<boolean> {
  const what = `${plural(doomed.length, 'file')} of ${printable(target)}`
  if (!output.json && canAsk()) {
    const [first] = doomed
    const example = first ? ` (${printable(first.place)}${doomed.length > 1 ? ', ...' : ''})` : ''
    return confirm(`Remove ${what}${example}?`, signal)
  }
  throw usageError(
    `nobody is there to confirm removing ${what}`,
    'See which with --dry-run, then pass --force.',
  )
}

async function remove(
  { output, signal }: Service,
  doomed: readonly Surplus[],
): Promise<{ readonly removed: number; readonly failed: number }> {
  let [removed, failed] = [0, 0]
  for (const { place, remove } of doomed) {
    signal.throwIfAborted()
    try {
      await remove()
      removed += 1
      output.result(`removed ${printable(place)}`, { event: 'removed', target: place })
    } catch (error) {
      signal.throwIfAborted()
      failed += 1
      output.note(`${formatDescribed(describeError(error))}\n  It was: removing ${place}`)
    }
  }
  return { removed, failed }
}
