/** `lading resume`: goes on with the uploads that were interrupted on this machine. */

import { stat } from 'node:fs/promises'
import { isAbsolute, resolve } from 'node:path'
import { type Checkpoint, listCheckpoints } from '@lading/client/node'
import type { Command } from 'commander'
import { CommandError } from '../command-error.ts'
import { describeError, formatDescribed } from '../describe-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { InterruptedError } from '../interrupt.ts'
import { formatOssUrl } from '../oss-url.ts'
import { formatTime } from '../output/columns.ts'
import { Output } from '../output/output.ts'
import { printable } from '../output/printable.ts'
import type { Act } from '../program.ts'
import { addServiceOptions, type Service, type ServiceFlags, withService } from '../service.ts'
import { sameCommand } from '../shell.ts'
import { copyOne } from '../transfer/copy-one.ts'
import {
  addRunOptions,
  type CopyFlags,
  type CopyOptions,
  readCopyOptions,
} from '../transfer/copy-options.ts'
import type { ObjectOptions } from '../transfer/object-options.ts'
import { checkpointDirectory } from '../transfer/state-directory.ts'
import { uploadTransfer } from '../transfer/upload-plan.ts'

interface ResumeFlags extends ServiceFlags, CopyFlags {
  readonly list?: boolean
}

const afterHelp = `
An upload goes on at the service that it was begun at, with the settings that
it was begun with. Keys and signature are those of this command line.

Examples:
  $ lading resume --list
  $ lading resume
  $ lading resume oss://films/movie.mov`

export function addResume(program: Command, act: Act): void {
  const command = program
    .command('resume')
    .summary('go on with uploads that were interrupted here')
    .description(
      'Lists the uploads that were interrupted on this machine, and goes on with them one after the other. Parts that the service has are not sent again.',
    )
    .argument('[which]', 'FILE, oss://BUCKET/KEY or an upload id (default: all)')
    .option('-l, --list', 'only list them')
    .option('-f, --force', 'overwrite objects that exist by now')
  addRunOptions(command)
  addServiceOptions(command)
    .addHelpText('after', afterHelp)
    .action(act((which: string | undefined, flags: ResumeFlags) => resumeAll(which, flags)))
}

async function resumeAll(which: string | undefined, flags: ResumeFlags): Promise<ExitCode> {
  const options = readCopyOptions(flags, checkpointDirectory())
  const remembered = await listCheckpoints({ directory: options.checkpointDirectory })
  const found = remembered.filter((checkpoint) => isMeant(checkpoint, which, flags.endpoint))
  const output = new Output({ json: flags.json, quiet: flags.quiet })
  if (found.length === 0 && which !== undefined) {
    throw new CommandError(exitCodes.notFound, `nothing was interrupted that is called ${which}`, {
      hint: 'See what was with: lading resume --list',
    })
  }
  for (const checkpoint of found) tell(output, checkpoint)
  if (found.length === 0) output.summary('nothing was interrupted')
  if (flags.list) return exitCodes.ok

  let exitCode: ExitCode = exitCodes.ok
  for (const checkpoint of found) {
    const ended = await resumeOne(checkpoint, flags, options)
    if (ended === exitCodes.interrupted) return ended
    if (ended !== exitCodes.ok) exitCode = found.length === 1 ? ended : exitCodes.failed
  }
  return exitCode
}

function isMeant(
  { endpoint, bucket, key, source, uploadId }: Checkpoint,
  which: string | undefined,
  wantedEndpoint: string | undefined,
): boolean {
  if (wantedEndpoint !== undefined && !endpoint.endsWith(wantedEndpoint)) return false
  return (
    which === undefined ||
    [uploadId, formatOssUrl(bucket, key), source].includes(which) ||
    resolve(which) === source
  )
}

function tell(output: Output, checkpoint: Checkpoint): void {
  const { endpoint, bucket, key, source, uploadId, initiated } = checkpoint
  const places = `${source}  ${formatOssUrl(bucket, key)}  ${endpoint}`
  output.result(`${formatTime(new Date(initiated))}  ${printable(places)}`, {
    event: 'interrupted-upload',
    source,
    target: formatOssUrl(bucket, key),
    endpoint,
    uploadId,
    initiated,
  })
}

async function resumeOne(
  checkpoint: Checkpoint,
  flags: ResumeFlags,
  given: CopyOptions,
): Promise<ExitCode> {
  const { endpoint, bucket, key, source } = checkpoint
  const outputOptions = { progress: flags.progress, quiet: flags.quiet }
  return withService({ ...flags, endpoint }, outputOptions, async (service) => {
    try {
      const { size } = await requireSource(checkpoint)
      const begun = attributesOf(checkpoint)
      // In parts, however small: that is how it was begun.
      const options: CopyOptions = { ...given, ...begun, bigfileThreshold: 0 }
      const transfer = uploadTransfer(service, { source, bucket, key }, size, options)
      await copyOne(service, transfer, options, () => {})
      return exitCodes.ok
    } catch (error) {
      if (error instanceof InterruptedError) return tellInterrupted(service)
      const described = describeError(error, bucket)
      service.output.close()
      service.output.note(`${formatDescribed(described)}\n  It was: ${printable(source)}`)
      return described.exitCode
    }
  })
}

/** @throws {CommandError} when what was being uploaded cannot be read again. */
async function requireSource(checkpoint: Checkpoint): Promise<{ readonly size: number }> {
  const { bucket, key, source, uploadId } = checkpoint
  if (!isAbsolute(source)) {
    throw new CommandError(exitCodes.failed, `${printable(source)} cannot be read again`, {
      hint: 'Run the command that fed it once more; only what is missing is sent.',
    })
  }
  try {
    return await stat(source)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    throw new CommandError(exitCodes.notFound, `cannot read ${printable(source)}: no such file`, {
      hint: `Put it back, or give it up with: lading uploads abort ${formatOssUrl(bucket, key)} ${uploadId}`,
      cause,
    })
  }
}

const metadataPrefix = 'x-oss-meta-'

/**
 * What the upload was begun with, which cannot be changed any more.
 *
 * @throws {CommandError} when that is more than `lading cp` can say.
 */
function attributesOf({ attributes }: Checkpoint): Omit<ObjectOptions, 'acl'> {
  const headers = new Map(JSON.parse(attributes) as readonly (readonly [string, string])[])
  const take = (name: string): string | undefined => {
    const value = headers.get(name)
    headers.delete(name)
    return value
  }
  const begun = {
    contentType: take('content-type'),
    cacheControl: take('cache-control'),
    storageClass: take('x-oss-storage-class'),
    tagging: Object.fromEntries(new URLSearchParams(take('x-oss-tagging'))),
  }
  const metadata: Record<string, string> = {}
  for (const [name, value] of headers) {
    if (!name.startsWith(metadataPrefix)) {
      throw new CommandError(exitCodes.failed, `the upload was begun with ${name}`, {
        hint: 'Repeat the command that began it; only what is missing is sent.',
      })
    }
    metadata[name.slice(metadataPrefix.length)] = value
  }
  return { ...begun, metadata }
}

function tellInterrupted({ output }: Service): ExitCode {
  const resume = sameCommand()
  output.close()
  output.event({ event: 'interrupted', resume })
  output.note(`lading: interrupted; the parts that were sent are kept\n  Resume with: ${resume}`)
  return exitCodes.interrupted
}
