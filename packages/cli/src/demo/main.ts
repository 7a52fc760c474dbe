/** `npm start` from here on: one file, shown from its first part to the compared download. */

import { usageError } from '../command-error.ts'
import { describeError, formatDescribed } from '../describe-error.ts'
import { interruptible } from '../interrupt.ts'
import { showUpload } from './show-upload.ts'

const [file, ...others] = process.argv.slice(2)
try {
  if (file === undefined || others.length > 0) throw usageError('the demonstration takes one FILE')
  await interruptible((signal) => showUpload(file, signal))
} catch (error) {
  const described = describeError(error)
  process.stderr.write(`${formatDescribed(described)}\n`)
  process.exitCode = described.exitCode
}
// The server in this process may still be waiting for the client that was killed.
process.exit()
