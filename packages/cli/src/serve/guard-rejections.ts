/** The one unhandled rejection that is none of ours to die of, and the end for every other. */

import { isStrayLmdbRejection } from '@lading/server'
import { exitCodes } from '../exit-codes.ts'

/**
 * lmdb leaves one rejected promise behind for each commit that failed, beside the one that we await
 * and answer. Anything else that nobody handled may have left the process in a state that nobody
 * thought of: it ends, and its supervisor starts another on a store that recovers.
 */
export function guardRejections(): void {
  process.on('unhandledRejection', (reason) => {
    if (isStrayLmdbRejection(reason)) return
    const text = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)
    process.stderr.write(`lading: an unexpected failure ended the server\n${text}\n`)
    process.exit(exitCodes.failed)
  })
}
