/** `lading fsck`: whether what a data directory names is there, and what is there is named. */

import type { CheckReport, ProblemKind } from '@lading/server'
import type { Command } from 'commander'
import { CommandError } from '../command-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { interruptible } from '../interrupt.ts'
import { Output } from '../output/output.ts'
import { printable } from '../output/printable.ts'
import type { Act } from '../program.ts'
import { formatSize, plural } from '../quantities.ts'
import { readMasterKey } from '../serve/read-master-key.ts'

interface Flags {
  readonly deep?: boolean
  readonly repair?: boolean
  readonly json?: boolean
}

/** What is no longer there as it was stored. */
const lost: ReadonlySet<ProblemKind> = new Set([
  'missing-blob',
  'blob-size',
  'damaged',
  'damaged-row',
])

export function addFsck(program: Command, act: Act): void {
  program
    .command('fsck <directory>')
    .summary('check a data directory')
    .description(
      'Checks a data directory both ways: every object and part has its bytes in the right size, every file of bytes is named or waits to be collected, every count is right. The directory may be served meanwhile.',
    )
    .option('--deep', 'read every byte and compare its MD5 and CRC-64')
    .option('--repair', 'put right what can be without losing anything; the rest is told')
    .option('--json', 'one JSON event a line')
    .addHelpText(
      'after',
      '\nExit status: 0 sound, 1 not sound, 7 bytes or rows are missing or damaged.',
    )
    .action(act(fsck))
}

async function fsck(directory: string, flags: Flags): Promise<ExitCode> {
  const output = new Output(flags)
  const masterKey = readMasterKey(process.env)
  const { checkDirectory } = await import('@lading/server')
  const report = await interruptible((signal) =>
    checkDirectory(directory, { deep: flags.deep, repair: flags.repair, masterKey, signal }).catch(
      (error: unknown) => {
        throw signal.aborted ? error : cannotCheck(error)
      },
    ),
  )
  for (const { kind, what, repairable } of report.problems) {
    const outcome = repairable && flags.repair ? 'repaired' : 'problem'
    output.result(`${outcome}: ${printable(what)}`, { event: outcome, kind, what, repairable })
  }
  const { problems, ...counts } = report
  output.result(describe(report), { event: 'checked', ...counts, problems: problems.length })
  return statusOf(report, flags.repair === true)
}

function describe(report: CheckReport): string {
  const { objects, objectBytes, uploads, parts, partBytes, verifiedBytes, problems } = report
  const left = problems.length - report.repaired
  return [
    `${plural(objects, 'object')} of ${formatSize(objectBytes)}, ${plural(uploads, 'open upload')} with ${plural(parts, 'part')} of ${formatSize(partBytes)}`,
    ...(verifiedBytes > 0 ? [`${formatSize(verifiedBytes)} read and compared`] : []),
    `${plural(report.garbageBlobs + report.condemnedBlobs, 'blob')} to be collected, ${plural(report.orphanBlobs, 'orphan')}`,
    left === 0 ? 'sound' : plural(left, 'problem'),
  ].join('\n')
}

function statusOf({ problems }: CheckReport, repaired: boolean): ExitCode {
  const left = problems.filter(({ repairable }) => !(repairable && repaired))
  const isLost = left.some(({ kind }) => lost.has(kind))
  if (isLost) return exitCodes.verification
  return left.length > 0 ? exitCodes.failed : exitCodes.ok
}

function cannotCheck(cause: unknown): CommandError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new CommandError(exitCodes.config, why, { cause })
}
