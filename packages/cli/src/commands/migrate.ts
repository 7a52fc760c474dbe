/** `lading migrate`: a data directory becomes what gateways share. */

import type { MigrateReport, StoreCounts } from '@lading/server'
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
  readonly data: string
  readonly metadata: string
  readonly blobs: string
  readonly dryRun?: boolean
  readonly progress?: boolean
  readonly json?: boolean
}

const stages = {
  bytes: 'copying bytes',
  rows: 'putting the rows in place',
  check: 'comparing both',
} as const

export function addMigrate(program: Command, act: Act): void {
  program
    .command('migrate')
    .summary('move a data directory to PostgreSQL and S3')
    .description(
      'Moves all that a data directory holds to the engines that any number of servers share: buckets and their settings, every version of every object, open uploads with their ids and parts. Stop the server first; the directory stays as it is. Every byte is compared with the sums that were kept of it, and afterwards the rows of both. Run again after it was broken off, it goes on. Only then can the database be served.',
    )
    .requiredOption('--data <directory>', 'what is moved')
    .requiredOption(
      '--metadata <address>',
      'an empty PostgreSQL, such as postgres://user@host/database',
    )
    .requiredOption(
      '--blobs <address>',
      'an empty place of an S3 engine, such as s3://bucket?endpoint=http://host:port',
    )
    .option('--dry-run', 'say what would be moved; asks neither database nor engine')
    .option('--no-progress', 'do not show how far it is')
    .option('--json', 'one JSON event a line')
    .addHelpText(
      'after',
      `
The engine's keys are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the password
of the database is PGPASSWORD. What is encrypted needs the directory's
master.key, or LADING_MASTER_KEY where the server was given it.

Exit status: 0 moved, now or by an earlier run; 1 it failed, run it again;
7 bytes are missing or damaged, or the two are not the same: each is told.`,
    )
    .action(act(migrate))
}

async function migrate(flags: Flags): Promise<ExitCode> {
  const output = new Output(flags)
  const masterKey = readMasterKey(process.env)
  const { migrateDirectory, planMigration } = await import('@lading/server')
  const { data, metadata, blobs } = flags
  const target = { metadata, blobs }
  if (flags.dryRun) {
    const { counts, secrets } = await planMigration(data, target).catch(cannotMigrate)
    output.result(`would move ${describe(counts)}`, { event: 'would-migrate', ...counts, secrets })
    return exitCodes.ok
  }
  let total: number | undefined
  const progress = output.startProgress('bytes', () => total)
  try {
    const report = await interruptible((signal) =>
      migrateDirectory(data, target, {
        masterKey,
        signal,
        onStage(stage, counts) {
          total = counts.bytes
          output.event({ event: 'stage', stage })
          if (output.showsProgress) output.note(`${stages[stage]}: ${describe(counts)}`)
        },
        onProgress: ({ there, kept }) => progress.update(there, kept),
      }).catch((error: unknown) => {
        throw signal.aborted ? error : toCommandError(error)
      }),
    )
    progress.stop()
    return tell(output, flags, report)
  } finally {
    output.close()
  }
}

function tell(output: Output, { data, blobs }: Flags, report: MigrateReport): ExitCode {
  const { outcome, migration, counts, copiedBlobs, copiedBytes, keptBlobs } = report
  const { problems, secrets } = report
  for (const what of problems) {
    output.result(`problem: ${printable(what)}`, { event: 'problem', what })
  }
  const numbers = { migration, ...counts, copiedBlobs, copiedBytes, keptBlobs, secrets }
  if (outcome === 'failed') {
    output.result(
      `not moved: ${plural(problems.length, 'problem')}. Put right what is told, and run it again; until then the database cannot be served.`,
      { event: 'not-migrated', ...numbers, problems: problems.length },
    )
    return exitCodes.verification
  }
  const kept = keptBlobs > 0 ? `, ${plural(keptBlobs, 'blob')} by an earlier run` : ''
  output.result(
    outcome === 'finished'
      ? `moved ${describe(counts)}; copied ${formatSize(copiedBytes)}${kept}`
      : `moved by an earlier run: ${describe(counts)} are in the directory now`,
    { event: outcome === 'finished' ? 'migrated' : 'migrated-before', ...numbers },
  )
  output.summary(adviceFor(data, blobs, secrets))
  return exitCodes.ok
}

function describe(counts: StoreCounts): string {
  const { buckets, objects, deleteMarkers, uploads, parts, blobs, bytes } = counts
  return [
    plural(buckets, 'bucket'),
    plural(objects, 'object'),
    plural(deleteMarkers, 'delete marker'),
    `${plural(uploads, 'open upload')} with ${plural(parts, 'part')}`,
    `${plural(blobs, 'blob')} of ${formatSize(bytes)}`,
  ].join(', ')
}

/** What is not in the engines, and every gateway must be given alike. */
function adviceFor(directory: string, blobs: string, secrets: readonly string[]): string {
  const has = (name: string): boolean => secrets.includes(name)
  return [
    `Serve it with: lading serve --metadata postgres://... --blobs '${printable(blobs)}'`,
    'Every gateway needs the same secrets, which were not moved:',
    has('master.key')
      ? `  LADING_MASTER_KEY: what is in ${directory}/master.key`
      : '  LADING_MASTER_KEY: that of the server, or a new one (openssl rand -hex 32) if it had none',
    has('credentials.json')
      ? `  its key pairs: ${directory}/credentials.json, copied to a --data directory of each gateway`
      : '  LADING_ACCESS_KEY_ID and LADING_ACCESS_KEY_SECRET: those of the server',
    ...(has('callback-key.pem')
      ? [`  the key of callbacks: ${directory}/callback-key.pem, copied to the same place`]
      : []),
    `Do not serve ${directory} any more: what is written there is not moved.`,
  ].join('\n')
}

function cannotMigrate(cause: unknown): never {
  throw toCommandError(cause)
}

function toCommandError(cause: unknown): CommandError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new CommandError(exitCodes.failed, why, { cause })
}
