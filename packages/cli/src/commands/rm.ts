/** `lading rm`: removes objects. */

import { OssError } from '@lading/protocol'
import type { Command } from 'commander'
import { canAsk, confirm } from '../ask.ts'
import { CommandError, usageError } from '../command-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { formatOssUrl, type OssUrl, parseObjectUrl, parseOssUrl } from '../oss-url.ts'
import { printable } from '../output/printable.ts'
import type { Act } from '../program.ts'
import { plural } from '../quantities.ts'
import { addServiceOptions, type Service, type ServiceFlags, withService } from '../service.ts'
import { listFolder } from '../transfer/list-folder.ts'

interface RmFlags extends ServiceFlags {
  readonly recursive?: boolean
  readonly force?: boolean
}

export function addRm(program: Command, act: Act): void {
  const command = program
    .command('rm')
    .summary('remove an object, or with -r a folder')
    .description(
      'Removes an object; with -r everything in a folder or a bucket, but not the bucket itself.',
    )
    .argument('<url>', 'oss://BUCKET/KEY, or oss://BUCKET[/FOLDER] with -r')
    .option('-r, --recursive', 'everything under FOLDER/')
    .option('-f, --force', 'without asking, and without an error when there is no such object')
  addServiceOptions(command).action(
    act(async (text: string, flags: RmFlags) => {
      const url = flags.recursive ? parseOssUrl(text, 'rm -r') : parseObjectUrl(text, 'rm')
      return withService(flags, {}, (service) =>
        flags.recursive ? removeFolder(service, url, flags) : removeObject(service, url, flags),
      )
    }),
  )
}

async function removeObject(
  service: Service,
  { bucket, key }: OssUrl,
  { force = false }: RmFlags,
): Promise<ExitCode> {
  const { client, signal } = service
  // DeleteObject succeeds for what never was; a mistyped key should not look removed.
  if (!force) {
    try {
      await client.headObject({ bucket, key }, { signal })
    } catch (error) {
      const isMissing = error instanceof OssError && error.code === 'NoSuchKey'
      if (!isMissing || !key.endsWith('/')) throw error
      const place = printable(formatOssUrl(bucket, key))
      throw new CommandError(exitCodes.notFound, `there is no object ${place}`, {
        hint: 'Pass -r to remove a folder.',
        cause: error,
      })
    }
  }
  await remove(service, bucket, key)
  return exitCodes.ok
}

async function removeFolder(
  service: Service,
  url: OssUrl,
  { force = false }: RmFlags,
): Promise<ExitCode> {
  const { output, signal } = service
  const place = printable(formatOssUrl(url.bucket, url.key))
  if (!force) {
    if (!canAsk()) {
      throw usageError(
        `nobody is there to confirm removing everything in ${place}`,
        'Pass --force.',
      )
    }
    if (!(await confirm(`Remove everything in ${place}?`, signal))) return exitCodes.failed
  }
  let removed = 0
  for await (const { key } of listFolder(service, url)) {
    await remove(service, url.bucket, key)
    removed += 1
  }
  if (!output.json) output.note(`${plural(removed, 'object')} removed`)
  return exitCodes.ok
}

async function remove(
  { client, output, signal }: Service,
  bucket: string,
  key: string,
): Promise<void> {
  await client.deleteObject({ bucket, key }, { signal })
  output.result(`removed ${printable(formatOssUrl(bucket, key))}`, {
    event: 'object-removed',
    bucket,
    key,
  })
}
