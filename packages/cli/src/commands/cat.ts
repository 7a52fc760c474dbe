/** `lading cat`: an object's bytes to stdout. */

import type { Command } from 'commander'
import { exitCodes } from '../exit-codes.ts'
import { parseObjectUrl } from '../oss-url.ts'
import type { Act } from '../program.ts'
import { addServiceOptions, type ServiceFlags, withService } from '../service.ts'
import { writeObject } from '../transfer/write-object.ts'

interface CatFlags extends ServiceFlags {
  readonly versionId?: string
}

export function addCat(program: Command, act: Act): void {
  const command = program
    .command('cat')
    .summary("write an object's bytes to stdout")
    .description("Writes an object's bytes to stdout. Ends with 7 when they are not the object's.")
    .argument('<object>', 'oss://BUCKET/KEY')
    .option('--version-id <id>', 'that version of the object')
  addServiceOptions(command).action(
    act(async (text: string, flags: CatFlags) => {
      const { versionId } = flags
      const object = { ...parseObjectUrl(text, 'cat'), versionId }
      return withService(flags, { dataOnStdout: true }, async (service) => {
        await writeObject(service, object, { signal: service.signal })
        return exitCodes.ok
      })
    }),
  )
}
