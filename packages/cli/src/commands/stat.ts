/** `lading stat`: all that is known of a bucket or an object. */

import type { Command } from 'commander'
import { usageError } from '../command-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { parseOssUrl } from '../oss-url.ts'
import { printable } from '../output/printable.ts'
import type { Act } from '../program.ts'
import { formatSize } from '../quantities.ts'
import { addServiceOptions, type Service, type ServiceFlags, withService } from '../service.ts'

interface StatFlags extends ServiceFlags {
  readonly versionId?: string
}

export function addStat(program: Command, act: Act): void {
  const command = program
    .command('stat')
    .summary('show what is known of a bucket or an object')
    .description('Shows all that the service says of a bucket or an object.')
    .argument('<url>', 'oss://BUCKET or oss://BUCKET/KEY')
    .option('--version-id <id>', 'that version of the object')
  addServiceOptions(command).action(
    act(async (text: string, flags: StatFlags) => {
      const { bucket, key } = parseOssUrl(text, 'stat')
      const { versionId } = flags
      if (key === '' && versionId !== undefined) {
        throw usageError('--version-id is that of an object, and not of a bucket')
      }
      return withService(flags, {}, (service) =>
        key === '' ? statBucket(service, bucket) : statObject(service, { bucket, key, versionId }),
      )
    }),
  )
}

async function statBucket({ client, output, signal }: Service, bucket: string): Promise<ExitCode> {
  const { status: _, requestId: __, ...info } = await client.getBucketInfo({ bucket }, { signal })
  output.result(formatFacts(Object.entries(info)), { event: 'bucket', ...info })
  return exitCodes.ok
}

async function statObject(
  { client, output, signal }: Service,
  object: { readonly bucket: string; readonly key: string; readonly versionId: string | undefined },
): Promise<ExitCode> {
  const { status: _, requestId: __, ...head } = await client.headObject(object, { signal })
  const { bucket, key } = object
  const { size, metadata, ...others } = head
  const facts: [string, unknown][] = [
    ['bucket', bucket],
    ['key', key],
    ['size', `${size} bytes (${formatSize(size)})`],
    ...Object.entries(others),
    ...Object.entries(metadata).map(([name, value]): [string, unknown] => [`meta ${name}`, value]),
  ]
  output.result(formatFacts(facts), { event: 'object', bucket, key, ...head })
  return exitCodes.ok
}

/** `name   value` a line; what is not known is left out. */
function formatFacts(facts: readonly [string, unknown][]): string {
  const known = facts.filter(([, value]) => value !== undefined && value !== '')
  const width = Math.max(...known.map(([name]) => name.length))
  return known.map(([name, value]) => `${name.padEnd(width)}  ${printable(text(value))}`).join('\n')
}

function text(value: unknown): string {
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'object' && value !== null) {
    return Object.values(value)
      .filter((part) => part !== undefined)
      .join(' ')
  }
  return String(value)
}
