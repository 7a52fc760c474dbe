/** What `lading cp` was told about how to copy. */

import type { Verify } from '@lading/client/node'
import { MAX_PART_SIZE, MIN_PART_SIZE } from '@lading/protocol'
import type { Command } from 'commander'
import { usageError } from '../command-error.ts'
import { parseCount, parseSize } from '../quantities.ts'
import { addFilterOptions, type Filter, type Selects, selectBy } from './filters.ts'

export interface CopyOptions {
  /** Bytes; `undefined` leaves it to the client. */
  readonly partSize: number | undefined
  /** Bytes. Files of at most so many go in one request. */
  readonly bigfileThreshold: number
  /** Parts in flight; `undefined` leaves it to the client. */
  readonly parallel: number | undefined
  /** Files at a time, of those that go in parts. */
  readonly jobs: number
  /** Files at a time, of those that go in one request. */
  readonly smallJobs: number
  /** Which files of a folder are meant. */
  readonly selects: Selects
  readonly checkpointDirectory: string
  /** Overwrite without asking. */
  readonly force: boolean
  /** Skip what is there already, as large and not older. */
  readonly update: boolean
  /** How uploads are proved; `undefined` leaves it to the client. */
  readonly verify: Verify | undefined
  readonly contentType: string | undefined
  readonly metadata: Readonly<Record<string, string>>
}

export interface CopyFlags {
  readonly partSize?: string
  readonly bigfileThreshold?: string
  readonly parallel?: string
  readonly jobs?: string
  readonly checkpointDir?: string
  readonly force?: boolean
  readonly update?: boolean
  readonly verify?: string
  readonly contentType?: string
  readonly meta?: readonly string[]
}

const MiB = 1024 * 1024
/** Bytes. That of the client. */
export const defaultPartSize: number = 8 * MiB
const defaultJobs = 3
/** A small file's time is mostly waiting. */
const defaultSmallJobs = 12

/** What every command that copies takes. Returns the filters that will have been given. */
export function addCopyOptions(command: Command): readonly Filter[] {
  command
    .option('--part-size <size>', '100K to 5G: 8M is 8 MiB (default: 8M)')
    .option('--parallel <number>', 'parts at a time (default: 5)')
    .option('-j, --jobs <number>', 'files at a time (default: 3, of small ones 12)')
    .option('--bigfile-threshold <size>', 'up to this a file goes in one request (default: a part)')
    .option('--checkpoint-dir <directory>', 'where to remember uploads that are not done')
    .option('--content-type <type>', 'of the object (default: by the extension)')
    .option('--meta <name=value>', 'metadata of the object (repeatable)', collect)
    .option('--verify <level>', 'of uploads: md5, strict, crc64 or off (default: md5)')
    .option('--no-progress', 'without a progress bar')
  return addFilterOptions(command)
}

function collect(value: string, values: readonly string[] = []): readonly string[] {
  return [...values, value]
}

/** @throws {CommandError} usage. */
export function readCopyOptions(
  flags: CopyFlags,
  stateDirectory: string,
  filters: readonly Filter[] = [],
): CopyOptions {
  const partSize = flags.partSize === undefined ? undefined : readPartSize(flags.partSize)
  const jobs =
    flags.jobs === undefined ? undefined : parseCount('--jobs', flags.jobs, { min: 1, max: 64 })
  return {
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
    jobs: jobs ?? defaultJobs,
    smallJobs: jobs ?? defaultSmallJobs,
    selects: selectBy(filters),
    checkpointDirectory: flags.checkpointDir ?? stateDirectory,
    force: flags.force ?? false,
    update: flags.update ?? false,
    verify: flags.verify === undefined ? undefined : readVerify(flags.verify),
    contentType: flags.contentType,
    metadata: Object.fromEntries((flags.meta ?? []).map(readMetadata)),
  }
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

function readVerify(text: string): Verify {
  const levels: readonly Verify[] = ['md5', 'strict', 'crc64', 'off']
  const level = levels.find((level) => level === text)
  if (level) return level
  throw usageError(`--verify: there is no level ${text}`, `There are ${levels.join(', ')}.`)
}

function readMetadata(text: string): [name: string, value: string] {
  const equals = text.indexOf('=')
  const name = text.slice(0, equals)
  if (equals > 0 && /^[\w!#$%&'*+.^`|~-]+$/.test(name)) return [name, text.slice(equals + 1)]
  throw usageError(`"${text}" is not metadata`, 'Write it --meta NAME=VALUE.')
}
