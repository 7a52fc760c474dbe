/** `lading backup`: a copy of a data directory, also while it is served. */

import type { Command } from 'commander'
import { CommandError } from '../command-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { interruptible } from '../interrupt.ts'
import { Output } from '../output/output.ts'
import type { Act } from '../program.ts'
import { formatSize, plural } from '../quantities.ts'

interface Flags {
  readonly json?: boolean
}

export function addBackup(program: Command, act: Act): void {
  program
    .command('backup <directory> <target>')
    .summary('copy a data directory, also while it is served')
    .description(
      'Copies a data directory to another one that does not exist yet: all that was acknowledged before is in it, and it is checked before it has its name. Run again after it was broken off, it goes on. To restore, serve the copy.',
    )
    .option('--json', 'one JSON event a line')
    .action(act(backup))
}

async function backup(directory: string, target: string, flags: Flags): Promise<ExitCode> {
  const output = new Output(flags)
  const { backUpDirectory } = await import('@lading/server')
  const report = await interruptible((signal) =>
    backUpDirectory(directory, target, { signal }).catch((error: unknown) => {
      if (signal.aborted) throw error
      const why = error instanceof Error ? error.message : String(error)
      throw new CommandError(exitCodes.failed, why, { cause: error })
    }),
  )
  const { blobs, bytes, keptBlobs, check } = report
  const kept = keptBlobs > 0 ? `, ${keptBlobs} of them there already` : ''
  output.result(
    `${plural(check.objects, 'object')} in ${plural(blobs, 'blob')} of ${formatSize(bytes)}${kept}: ${target}`,
    { event: 'backed-up', target, blobs, bytes, keptBlobs, objects: check.objects },
  )
  return exitCodes.ok
}
