/** `lading mkdir`: a folder that has nothing in it yet. */

import type { Command } from 'commander'
import { usageError } from '../command-error.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatOssUrl, parseOssUrl } from '../oss-url.ts'
import { printable } from '../output/printable.ts'
import type { Act } from '../program.ts'
import { addServiceOptions, type ServiceFlags, withService } from '../service.ts'
import { folderPrefix } from '../transfer/list-folder.ts'

export function addMkdir(program: Command, act: Act): void {
  const command = program
    .command('mkdir')
    .summary('make an empty folder')
    .description(
      'Makes an empty object whose key ends with a slash, which consoles show as a folder. Copying needs none: what is under FOLDER/ is a folder by its keys.',
    )
    .argument('<folder>', 'oss://BUCKET/FOLDER')
  addServiceOptions(command).action(
    act(async (text: string, flags: ServiceFlags) => {
      const { bucket, key: named } = parseOssUrl(text, 'mkdir')
      if (named === '') {
        throw usageError(
          `"${text}" names a bucket where a folder is wanted`,
          `Make a bucket with: lading mb ${text}`,
        )
      }
      const key = folderPrefix(named)
      return withService(flags, {}, async ({ client, output, signal }) => {
        await client.putObject({ bucket, key, body: new Uint8Array() }, { signal })
        output.result(`made ${printable(formatOssUrl(bucket, key))}`, {
          event: 'folder-made',
          bucket,
          key,
        })
        return exitCodes.ok
      })
    }),
  )
}
