/** `lading mb`: makes a bucket. */

import { type Command, Option } from 'commander'
import { exitCodes } from '../exit-codes.ts'
import { formatOssUrl, parseBucketUrl } from '../oss-url.ts'
import type { Act } from '../program.ts'
import { addServiceOptions, type ServiceFlags, withService } from '../service.ts'

interface MbFlags extends ServiceFlags {
  readonly acl?: 'private' | 'public-read' | 'public-read-write'
  readonly storageClass?: string
}

export function addMb(program: Command, act: Act): void {
  const command = program
    .command('mb')
    .summary('make a bucket')
    .description('Makes a bucket. Making your own again changes nothing and succeeds.')
    .argument('<bucket>', 'oss://BUCKET')
    .addOption(
      new Option('--acl <acl>', 'who may read and write it').choices([
        'private',
        'public-read',
        'public-read-write',
      ]),
    )
    .option('--storage-class <class>', 'Standard, IA, Archive, ...')
  addServiceOptions(command).action(
    act(async (url: string, flags: MbFlags) => {
      const bucket = parseBucketUrl(url, 'mb')
      return withService(flags, {}, async ({ client, output, signal }) => {
        const { acl, storageClass } = flags
        await client.putBucket({ bucket, acl, storageClass }, { signal })
        output.result(`made ${formatOssUrl(bucket)}`, { event: 'bucket-made', bucket })
        return exitCodes.ok
      })
    }),
  )
}
