/** One server in this process, until it is told to stop or can go on no longer. */

import { once } from 'node:events'
import {
  freeBodiesEarly,
  type RunningServer,
  type ServerOptions,
  startServer,
} from '@lading/server'
import { type ExitCode, exitCodes } from '../exit-codes.ts'

/** How long requests in flight may take to end once the server is told to stop. */
const drainMs = 30_000

/** Resolves with the exit status once the server is closed. */
export async function runServer(
  options: ServerOptions,
  stop: AbortSignal,
  onReady: (server: RunningServer) => void,
): Promise<ExitCode> {
  freeBodiesEarly()
  const server = await startServer(options)
  onReady(server)
  const failure = await Promise.race([server.failed, aborted(stop)])
  if (failure === undefined) {
    await server.close({ graceMs: drainMs })
    return exitCodes.ok
  }
  process.stderr.write(`lading: the store failed and the server ends: ${failure.message}\n`)
  // Nothing can be promised any more: no waiting for requests that cannot succeed.
  await server.close({ graceMs: 0 })
  return exitCodes.failed
}

async function aborted(signal: AbortSignal): Promise<undefined> {
  if (!signal.aborted) await once(signal, 'abort')
}
