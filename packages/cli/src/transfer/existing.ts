/** What to do about targets that are there already. */

import { type Command, Option } from 'commander'
import { usageError } from '../command-error.ts'

/** What shows that a target need not be copied to: as large and not older, as large, the same bytes, or being there. */
export type Comparison = 'time' | 'size' | 'checksum' | 'existence'

export interface Existing {
  /** What is skipped; `undefined`: nothing. */
  readonly skips: Comparison | undefined
  /** Whether what is not skipped is replaced. */
  readonly replaces: boolean
  /** Whether a person, if there is one, is asked for leave to replace it. */
  readonly asks: boolean
}

export interface ExistingFlags {
  readonly force?: boolean
  readonly update?: boolean
  readonly sizeOnly?: boolean
  readonly checksum?: boolean
  readonly ignoreExisting?: boolean
  readonly onExists?: string
}

const choices = ['fail', 'overwrite', 'skip', 'skip-if-same'] as const

/** The flags of commands that copy without being told to replace. */
export function addExistingOptions(command: Command): void {
  command
    .optionsGroup('What is there already (asked for, or refused):')
    .option('-f, --force', 'overwrite without asking')
    .option('-u, --update', 'overwrite, but skip what is there as large and not older')
  addComparisonOptions(command)
  command
    .option('--ignore-existing', 'skip whatever is there')
    .addOption(
      new Option('--on-exists <act>', 'the same by one name (default: fail)').choices(choices),
    )
}

/** The flags that say what counts as the same. */
export function addComparisonOptions(command: Command): void {
  command
    .option('--size-only', 'overwrite, but skip what is there as large')
    .option('--checksum', 'overwrite, but skip the same bytes; reads every file')
}

/** @throws {CommandError} usage, when two flags want different things. */
export function readExisting(flags: ExistingFlags): Existing {
  const { force = false, onExists } = flags
  const wanted = [
    ...(flags.update ? [{ flag: '--update', skips: 'time' } as const] : []),
    ...(flags.sizeOnly ? [{ flag: '--size-only', skips: 'size' } as const] : []),
    ...(flags.checksum ? [{ flag: '--checksum', skips: 'checksum' } as const] : []),
    ...(flags.ignoreExisting ? [{ flag: '--ignore-existing', skips: 'existence' } as const] : []),
    ...(onExists === undefined ? [] : [{ flag: `--on-exists ${onExists}`, ...actOf(onExists) }]),
    ...(force && onExists === 'fail' ? [{ flag: '--force', skips: undefined }] : []),
  ]
  const [first, second] = wanted
  if (first && second) throw usageError(`${first.flag} and ${second.flag} do not go together`)
  const skips = first?.skips
  // What must be left alone when it is there must not be replaced when it comes meanwhile, either.
  const isKept = skips === 'existence'
  const replaces = !isKept && (force || skips !== undefined || onExists === 'overwrite')
  return { skips, replaces, asks: !first && !force }
}

function actOf(onExists: string): { readonly skips: Comparison | undefined } {
  if (onExists === 'skip') return { skips: 'existence' }
  return { skips: onExists === 'skip-if-same' ? 'checksum' : undefined }
}

/** Why something is skipped, after the name of the target. */
export const skipReasons: Readonly<Record<Comparison, string>> = {
  time: 'is as large and not older',
  size: 'is as large',
  checksum: 'has the same bytes',
  existence: 'exists',
}
