/** What a command that copies was told about how to copy. */

import { BandwidthLimit, type Verify } from '@lading/client/node'
import { MAX_PART_SIZE, MIN_PART_SIZE } from '@lading/protocol'
import { type Command, Option } from 'commander'
import { usageError } from '../command-error.ts'
import { parseCount, parseSize } from '../quantities.ts'
import { type Existing, type ExistingFlags, readExisting } from './existing.ts'
import { addFilterOptions, type Filter, type Selects, selectBy } from './filters.ts'
import {
  addObjectOptions,
  type ObjectFlags,
  type ObjectOptions,
  readObjectOptions,
} from './object-options.ts'

export interface CopyOptions extends ObjectOptions {
  /** Bytes; `undefined` leaves it to the client. */
  readonly partSize: number | undefined
  /** Bytes. Files of at most so many go in one request. */
  readonly bigfileThreshold: number
  /** Parts in flight; `undefined` leaves it to the client. */
  readonly parallel: number | undefined
  /** What all files together keep to; `undefined`: as fast as they can. */
  readonly bandwidthLimit: BandwidthLimit | undefined
  /** Files at a time, of those that go in parts. */
  readonly jobs: number
  /** Files at a time, of those that go in one request. */
  readonly smallJobs: number
  /** Which files of a folder are meant. */
  readonly selects: Selects
  /** A file of the names that are meant, or `-`; `undefined`: all. */
  readonly filesFrom: string | undefined
  readonly checkpointDirectory: string
  /** Of uploads that nothing is remembered of here. */
  readonly findUpload: boolean
  readonly existing: Existing
  /** Tell what would be done, and do nothing. */
  readonly dryRun: boolean
  /** How uploads are proved; `undefined` leaves it to the client. */
  readonly verify: Verify | undefined
}

export interface CopyFlags extends ObjectFlags, ExistingFlags, OutputFlags {
  readonly partSize?: string
  readonly bigfileThreshold?: string
  readonly parallel?: string
  readonly bandwidthLimit?: string
  readonly jobs?: string
  readonly job?: string
  readonly checkpointDir?: string
  readonly findUpload?: boolean
  readonly dryRun?: boolean
  readonly filesFrom?: string
  readonly verify?: Verify
}

export interface OutputFlags {
  readonly quiet?: boolean
  readonly progress?: boolean
}

const MiB = 1024 * 1024
/** Bytes. That of the client. */
export const defaultPartSize: number = 8 * MiB
const defaultJobs = 3
/** A small file's time is mostly waiting. */
const defaultSmallJobs = 12

const verifyLevels: readonly Verify[] = ['md5', 'strict', 'crc64', 'off']

/** What every command that copies takes. Returns the filters that will have been given. */
export function addCopyOptions(command: Command): readonly Filter[] {
  command
    .optionsGroup('How it is copied:')
    .option('-n, --dry-run', 'say what would be done, and do nothing')
    .option('--part-size <size>', '100K to 5G: 8M is 8 MiB (default: 8M)')
    .option('-j, --jobs <number>', 'files at a time (default: 3, of small ones 12)')
    .addOption(new Option('--job <number>', 'as --jobs').hideHelp())
    .option('--bigfile-threshold <size>', 'up to this a file goes in one request (default: a part)')
  addRunOptions(command)
  addObjectOptions(command.optionsGroup('Objects that are made:'))
  return addFilterOptions(command.optionsGroup('Which files, with -r:'))
}

/** Of these also what goes on with something may be told anew. */
export function addRunOptions(command: Command): void {
  command
    .option('--parallel <number>', 'parts at a time (default: what the line can use)')
    .option('--bandwidth-limit <size>', 'bytes a second of all files together, such as 10M')
    .addOption(
      new Option('--verify <level>', 'how uploads are proved (default: md5)').choices(verifyLevels),
    )
    .option('--checkpoint-dir <directory>', 'where uploads that are not done are remembered')
  addOutputOptions(command)
}

function addOutputOptions(command: Command): void {
  command
    .optionsGroup('Output:')
    .option('-q, --quiet', 'say nothing but what went wrong')
    .option('--no-progress', 'without a progress bar')
}

/** @throws {CommandError} usage. */
export function readCopyOptions(
  flags: CopyFlags,
  stateDirectory: string,
  filters: readonly Filter[] = [],
): CopyOptions {
  const partSize = flags.partSize === undefined ? undefined : readPartSize(flags.partSize)
  const jobs = readJobs(flags)
  return {
    ...readObjectOptions(flags),
    partSize,
    // What fits into one part gains nothing from being an upload, and leaves none open when it fails.
    bigfileThreshold:
      flags.bigfileThreshold === undefined
        ? Math.min(partSize ?? defaultPartSize, defaultPartSize)
        : parseSize('--bigfile-threshold', flags.bigfileThreshold),
    parallel:
      flags.parallel === undefined
        ? undefined
        : parseCount('--parallel', flags.parallel, { min: 1, max: 256 }),
    bandwidthLimit:
      flags.bandwidthLimit === undefined ? undefined : readBandwidth(flags.bandwidthLimit),
    jobs: jobs ?? defaultJobs,
    smallJobs: jobs ?? defaultSmallJobs,
    selects: selectBy(filters),
    filesFrom: flags.filesFrom,
    checkpointDirectory: flags.checkpointDir ?? stateDirectory,
    findUpload: flags.findUpload ?? false,
    existing: readExisting(flags),
    dryRun: flags.dryRun ?? false,
    verify: flags.verify,
  }
}

function readJobs({ jobs, job }: CopyFlags): number | undefined {
  const [flag, text] = jobs === undefined ? ['--job', job] : ['--jobs', jobs]
  return text === undefined ? undefined : parseCount(flag, text, { min: 1, max: 256 })
}

/** A slower line would stand still for longer than a service waits. */
const minBandwidth = 1024

function readBandwidth(text: string): BandwidthLimit {
  const bytes = parseSize('--bandwidth-limit', text)
  if (bytes >= minBandwidth) return new BandwidthLimit(bytes)
  throw usageError('--bandwidth-limit: less than 1 KiB a second moves nothing')
}

/** @throws {CommandError} usage. */
export function readPartSize(text: string): number {
  const size = parseSize('--part-size', text)
  if (size >= MIN_PART_SIZE && size <= MAX_PART_SIZE) return size
  throw usageError(
    `--part-size: a part of ${text} is not possible`,
    'A part has from 100 KiB to 5 GiB.',
  )
}
