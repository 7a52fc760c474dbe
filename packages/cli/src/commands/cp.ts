/** `lading cp`: files to objects, objects to files, and objects to objects. */

import type { Command } from 'commander'
import { usageError } from '../command-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { InterruptedError } from '../interrupt.ts'
import { tellFailed } from '../output/tell-failed.ts'
import type { Act } from '../program.ts'
import { addServiceOptions, type Service, type ServiceFlags, withService } from '../service.ts'
import { sameCommand } from '../shell.ts'
import { planAcross, planAcrossFolder } from '../transfer/copy-across.ts'
import { copyFolder, tellFinished } from '../transfer/copy-folder.ts'
import { copyOne, type Transfer } from '../transfer/copy-one.ts'
import {
  addCopyOptions,
  type CopyFlags,
  type CopyOptions,
  readCopyOptions,
} from '../transfer/copy-options.ts'
import { type Direction, requireDirection } from '../transfer/direction.ts'
import { downloadFolder, planDownload } from '../transfer/download-plan.ts'
import { addExistingOptions } from '../transfer/existing.ts'
import type { Filter } from '../transfer/filters.ts'
import { checkpointDirectory } from '../transfer/state-directory.ts'
import type { Route, TransferProgress } from '../transfer/transfer.ts'
import { planUpload, uploadFolder } from '../transfer/upload-plan.ts'

interface CpFlags extends ServiceFlags, CopyFlags {
  readonly recursive?: boolean
}

const afterHelp = `
Patterns: '*.mov' is a file's name at any depth, 'raw/*' a path below the
directory, 'raw/**' all below raw, 'cache/' all in any directory of that name.
Of several --include and --exclude the first that matches decides; with an
--include, what matches none is left out.

Examples:
  $ lading cp movie.mov oss://films/
  $ lading cp -r photos oss://films/photos --exclude '*.tmp' --exclude cache/
  $ lading cp -r oss://films/photos oss://archive/2026
  $ tar c photos | lading cp - oss://films/photos.tar`

export function addCp(program: Command, act: Act): void {
  const command = program
    .command('cp')
    .summary('copy files to objects, objects to files, and objects')
    .description(
      'Copies a file to an object, an object to a file, or an object to another one, which the service does by itself; with -r a directory or folder. A file is a path, or - for stdin and stdout. An upload goes in parts, in parallel; what was interrupted resumes when the same command is given again.',
    )
    .argument('<source>', 'FILE, DIRECTORY, - or oss://BUCKET/KEY')
    .argument('<target>', 'oss://BUCKET/[KEY], FILE, DIRECTORY or -')
    .option('-r, --recursive', 'a directory, or everything under KEY/')
  addExistingOptions(command)
  const filters = addCopyOptions(command)
  command.option('--files-from <file>', 'only the files it names, one a line; - is stdin')
  command.option('--find-upload', 'go on with the newest open upload of the key, by whomever')
  addServiceOptions(command)
    .addHelpText('after', afterHelp)
    .action(
      act((source: string, target: string, flags: CpFlags) => cp(source, target, flags, filters)),
    )
}

async function cp(
  source: string,
  target: string,
  flags: CpFlags,
  filters: readonly Filter[],
): Promise<ExitCode> {
  const direction = requireDirection('lading cp FILE oss://BUCKET/KEY', source, target)
  if (flags.recursive && (source === '-' || target === '-')) {
    throw usageError('-r copies directories, and - is none')
  }
  if (!flags.recursive && filters.length > 0) {
    throw usageError('--include and --exclude choose among the files of a directory', 'Pass -r.')
  }
  if (!flags.recursive && flags.filesFrom !== undefined) {
    throw usageError('--files-from names files of a directory', 'Pass -r.')
  }
  const options = readCopyOptions(flags, checkpointDirectory(), filters)
  const { progress, quiet } = flags
  const outputOptions = { progress, quiet, dataOnStdout: target === '-' }
  return withService(flags, outputOptions, async (service) => {
    const copying: Copying = { source, target, direction, recursive: flags.recursive ?? false }
    try {
      return await copy(service, copying, options)
    } catch (error) {
      if (error instanceof InterruptedError) return tellInterrupted(service, copying, options)
      throw error
    }
  })
}

const planOne = { up: planUpload, down: planDownload, across: planAcross }
const planFolder = { up: uploadFolder, down: downloadFolder, across: planAcrossFolder }

interface Copying extends Route {
  readonly direction: Direction
  readonly recursive: boolean
  /** Where the single transfer is. */
  progress?: TransferProgress
}

async function copy(service: Service, copying: Copying, options: CopyOptions): Promise<ExitCode> {
  const { source, target, direction } = copying
  if (copying.recursive) {
    const find = (): AsyncIterable<Transfer> =>
      planFolder[direction](service, source, target, options)
    const copied = await told(service, copying, () => copyFolder(service, find, options))
    return tellFinished(service, copied, options)
  }
  const transfer = await told(service, copying, () =>
    planOne[direction](service, source, target, options),
  )
  return copyOne(service, transfer, options, (progress) => {
    copying.progress = progress
  })
}

/** What cannot even begin has its event too. */
async function told<Planned>(
  { output, signal }: Service,
  route: Route,
  work: () => Promise<Planned>,
): Promise<Planned> {
  try {
    return await work()
  } catch (error) {
    if (!signal.aborted)
      await tellFailed(output, error, { source: route.source, target: route.target })
    throw error
  }
}

function tellInterrupted(
  { output }: Service,
  { direction, recursive, progress }: Copying,
  { existing }: CopyOptions,
): ExitCode {
  // What is done already must be skipped the next time, and not be refused because it exists.
  const resume = `${sameCommand()}${recursive && !existing.skips ? ' -u' : ''}`
  // For good: no bar may come back below the command that is to be copied.
  output.close()
  output.event({ event: 'interrupted', resume })
  output.note(`lading: interrupted; ${whatIsKept(direction, progress)}\n  Resume with: ${resume}`)
  return exitCodes.interrupted
}

function whatIsKept(direction: Direction, progress: TransferProgress | undefined): string {
  if (direction === 'across') return 'what was copied stays'
  if (progress?.parts === undefined) {
    return `the parts that were ${direction === 'down' ? 'fetched' : 'sent'} are kept`
  }
  if (progress.parts === 0) return 'a file that goes in one request begins anew'
  return `parts kept: ${progress.partsDone} of ${progress.parts}`
}
