/** `lading rb`: removes an empty bucket. */

import type { Command } from 'commander'
import { exitCodes } from '../exit-codes.ts'
import { formatOssUrl, parseBucketUrl } from '../oss-url.ts'
import type { Act } from '../program.ts'
import { addServiceOptions, type ServiceFlags, withService } from '../service.ts'

export function addRb(program: Command, act: Act): void {
  const command = program
    .command('rb')
    .summary('remove an empty bucket')
    .description('Removes a bucket that has neither objects nor open uploads.')
    .argument('<bucket>', 'oss://BUCKET')
  addServiceOptions(command).action(
    act(async (url: string, flags: ServiceFlags) => {
      const bucket = parseBucketUrl(url, 'rb')
      return withService(flags, {}, async ({ client, output, signal }) => {
        await client.deleteBucket({ bucket }, { signal })
        output.result(`removed ${formatOssUrl(bucket)}`, { event: 'bucket-removed', bucket })
        return exitCodes.ok
      })
    }),
  )
}
