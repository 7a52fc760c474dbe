/** `lading rb`: removes a bucket. */

import { OssError } from '@lading/protocol'
import type { Command } from 'commander'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { formatOssUrl, parseBucketUrl } from '../oss-url.ts'
import type { Act } from '../program.ts'
import { plural } from '../quantities.ts'
import { addServiceOptions, type Service, type ServiceFlags, withService } from '../service.ts'
import { listVersions } from '../transfer/list-versions.ts'
import { removeObjects } from '../transfer/remove-objects.ts'
import { listUploads } from './uploads.ts'

interface RbFlags extends ServiceFlags {
  readonly force?: boolean
}

export function addRb(program: Command, act: Act): void {
  const command = program
    .command('rb')
    .summary('remove a bucket')
    .description(
      'Removes a bucket that has neither objects nor open uploads; with --force also one that has.',
    )
    .argument('<bucket>', 'oss://BUCKET')
    .option('--force', 'with every object, version and open upload in it, without asking')
  addServiceOptions(command).action(
    act(async (url: string, flags: RbFlags) => {
      const bucket = parseBucketUrl(url, 'rb')
      return withService(flags, {}, (service) => remove(service, bucket, flags))
    }),
  )
}

async function remove(service: Service, bucket: string, { force }: RbFlags): Promise<ExitCode> {
  const { client, output, signal } = service
  const emptied = force ? await empty(service, bucket) : undefined
  await client.deleteBucket({ bucket }, { signal })
  const with_ = emptied
    ? ` with ${plural(emptied.versions, 'object')} and ${plural(emptied.uploads, 'open upload')}`
    : ''
  output.result(`removed ${formatOssUrl(bucket)}${with_}`, {
    event: 'bucket-removed',
    bucket,
    ...emptied,
  })
  return exitCodes.ok
}

async function empty(
  service: Service,
  bucket: string,
): Promise<{ readonly versions: number; readonly uploads: number }> {
  const { client, signal } = service
  const everything = listVersions(service, { bucket, key: '' })
  const versions = await removeObjects(service, bucket, everything, () => {})
  let uploads = 0
  for await (const { key, uploadId } of listUploads(service, { bucket, key: '' })) {
    try {
      await client.abortMultipartUpload({ bucket, key, uploadId }, { signal })
      uploads += 1
    } catch (error) {
      // It ended by itself since it was listed.
      if (!(error instanceof OssError && error.code === 'NoSuchUpload')) throw error
    }
  }
  return { versions, uploads }
}
