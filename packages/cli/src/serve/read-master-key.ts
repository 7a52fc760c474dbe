/** The key that objects are encrypted under, where the environment has it. */

import { CommandError } from '../command-error.ts'
import { exitCodes } from '../exit-codes.ts'

/** `undefined` where it is kept beside the data. @throws {CommandError} for what is no key. */
export function readMasterKey({
  LADING_MASTER_KEY: key,
}: Readonly<Record<string, string | undefined>>): string | undefined {
  if (!key || /^[0-9a-f]{64}$/i.test(key)) return key || undefined
  throw new CommandError(exitCodes.config, 'LADING_MASTER_KEY must be 64 hexadecimal digits')
}
