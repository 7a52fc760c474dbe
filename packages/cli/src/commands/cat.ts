/** `lading cat`: an object's bytes to stdout. */

import type { Command } from 'commander'
import { exitCodes } from '../exit-codes.ts'
import { parseObjectUrl } from '../oss-url.ts'
import type { Act } from '../program.ts'
import { addServiceOptions, type ServiceFlags, withService } from '../service.ts'
import { writeObject } from '../transfer/write-object.ts'

export function addCat(program: Command, act: Act): void {
  const command = program
    .command('cat')
    .summary("write an object's bytes to stdout")
    .description("Writes an object's bytes to stdout. Ends with 7 when they are not the object's.")
    .argument('<object>', 'oss://BUCKET/KEY')
  addServiceOptions(command).action(
    act(async (text: string, flags: ServiceFlags) => {
      const url = parseObjectUrl(text, 'cat')
      return withService(flags, { dataOnStdout: true }, async (service) => {
        await writeObject(service, url, { signal: service.signal })
        return exitCodes.ok
      })
    }),
  )
}
