/** `lading resume`: goes on with the transfers that were interrupted on this machine. */

import { stat } from 'node:fs/promises'
import { isAbsolute, resolve } from 'node:path'
import {
  type Checkpoint,
  type DownloadCheckpoint,
  listCheckpoints,
  listDownloads,
} from '@lading/client/node'
import type { Command } from 'commander'
import { CommandError } from '../command-error.ts'
import { describeError, formatDescribed } from '../describe-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { InterruptedError } from '../interrupt.ts'
import { formatOssUrl } from '../oss-url.ts'
import { formatTime } from '../output/columns.ts'
import { Output, type OutputEvent } from '../output/output.ts'
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
import { downloadTransfer } from '../transfer/download-plan.ts'
import type { ObjectOptions } from '../transfer/object-options.ts'
import { aclHeader } from '../transfer/remember-acl.ts'
import { checkpointDirectory } from '../transfer/state-directory.ts'
import { uploadTransfer } from '../transfer/upload-plan.ts'

interface ResumeFlags extends ServiceFlags, CopyFlags {
  readonly list?: boolean
}

const afterHelp = `
A transfer goes on at the service that it was begun at, an upload with the
settings that it was begun with. Keys and signature are those of this command
line.

Examples:
  $ lading resume --list
  $ lading resume
  $ lading resume oss://films/movie.mov`

export function addResume(program: Command, act: Act): void {
  const command = program
    .command('resume')
    .summary('go on with what was interrupted here')
    .description(
      'Lists the uploads and downloads that were interrupted on this machine, and goes on with them one after the other. Parts that are there are not sent or fetched again.',
    )
    .argument('[which]', 'FILE, oss://BUCKET/KEY or an upload id (default: all)')
    .option('-l, --list', 'only list them')
    .option('-f, --force', 'overwrite objects and files that exist by now')
  addRunOptions(command)
  addServiceOptions(command)
    .addHelpText('after', afterHelp)
    .action(act((which: string | undefined, flags: ResumeFlags) => resumeAll(which, flags)))
}

/** One that can be gone on with. */
interface Interrupted {
  readonly endpoint: string
  readonly bucket: string
  /** From where to where, as it is listed. */
  readonly places: readonly [from: string, to: string]
  /** What it may be called by. */
  readonly names: readonly string[]
  /** ISO 8601. */
  readonly begun: string
  readonly event: OutputEvent
  goOn(service: Service, given: CopyOptions): Promise<void>
}

async function resumeAll(which: string | undefined, flags: ResumeFlags): Promise<ExitCode> {
  const options = readCopyOptions(flags, checkpointDirectory())
  const found = (await listInterrupted(options.checkpointDirectory)).filter((one) =>
    isMeant(one, which, flags.endpoint),
  )
  const output = new Output({ json: flags.json, quiet: flags.quiet })
  if (found.length === 0 && which !== undefined) {
    throw new CommandError(exitCodes.notFound, `nothing was interrupted that is called ${which}`, {
      hint: 'See what was with: lading resume --list',
    })
  }
  for (const one of found) tell(output, one)
  if (found.length === 0) output.summary('nothing was interrupted')
  if (flags.list) return exitCodes.ok

  let exitCode: ExitCode = exitCodes.ok
  for (const one of found) {
    const ended = await resumeOne(one, flags, options)
    if (ended === exitCodes.interrupted) return ended
    if (ended !== exitCodes.ok) exitCode = found.length === 1 ? ended : exitCodes.failed
  }
  return exitCode
}

async function listInterrupted(directory: string): Promise<readonly Interrupted[]> {
  const uploads = (await listCheckpoints({ directory })).map(ofUpload)
  const downloads = (await listDownloads({ directory }))
    // The command downloads no version but the newest: those are a program's.
    .filter(({ versionId }) => versionId === undefined)
    .map(ofDownload)
  return [...uploads, ...downloads].sort((one, other) => (one.begun < other.begun ? -1 : 1))
}

function ofUpload(checkpoint: Checkpoint): Interrupted {
  const { endpoint, bucket, key, source, uploadId, initiated } = checkpoint
  const target = formatOssUrl(bucket, key)
  return {
    endpoint,
    bucket,
    places: [source, target],
    names: [uploadId, target, source],
    begun: initiated,
    event: { event: 'interrupted-upload', source, target, endpoint, uploadId, initiated },
    async goOn(service, given) {
      const { size } = await requireSource(checkpoint)
      const begun = attributesOf(checkpoint)
      // In parts, however small: that is how it was begun.
      const options: CopyOptions = { ...given, ...begun, bigfileThreshold: 0 }
      const transfer = uploadTransfer(service, { source, bucket, key }, size, options)
      await copyOne(service, transfer, options, () => {})
    },
  }
}

function ofDownload(checkpoint: DownloadCheckpoint): Interrupted {
  const { endpoint, bucket, key, target, size, partSize, begun } = checkpoint
  const source = formatOssUrl(bucket, key)
  return {
    endpoint,
    bucket,
    places: [source, target],
    names: [source, target],
    begun,
    event: { event: 'interrupted-download', source, target, endpoint, size, begun },
    async goOn(service, given) {
      const options = { ...given, partSize }
      const job = { bucket, key, target, size }
      const transfer = downloadTransfer(service, job, options, { size, lastModified: undefined })
      await copyOne(service, transfer, options, () => {})
    },
  }
}

function isMeant(
  { endpoint, names }: Interrupted,
  which: string | undefined,
  wantedEndpoint: string | undefined,
): boolean {
  if (wantedEndpoint !== undefined && !endpoint.endsWith(wantedEndpoint)) return false
  return which === undefined || names.includes(which) || names.includes(resolve(which))
}

function tell(output: Output, { begun, places, endpoint, event }: Interrupted): void {
  const text = [...places, endpoint].join('  ')
  output.result(`${formatTime(new Date(begun))}  ${printable(text)}`, event)
}

async function resumeOne(
  interrupted: Interrupted,
  flags: ResumeFlags,
  given: CopyOptions,
): Promise<ExitCode> {
  const { endpoint, bucket, places } = interrupted
  const outputOptions = { progress: flags.progress, quiet: flags.quiet }
  return withService({ ...flags, endpoint }, outputOptions, async (service) => {
    try {
      await interrupted.goOn(service, given)
      return exitCodes.ok
    } catch (error) {
      if (error instanceof InterruptedError) return tellInterrupted(service)
      const described = describeError(error, bucket)
      service.output.close()
      service.output.note(`${formatDescribed(described)}\n  It was: ${printable(places[0])}`)
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
function attributesOf({ attributes }: Checkpoint): ObjectOptions {
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
    acl: take(aclHeader) as ObjectOptions['acl'],
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
  output.note(
    `lading: interrupted; the parts that were sent or fetched are kept\n  Resume with: ${resume}`,
  )
  return exitCodes.interrupted
}
