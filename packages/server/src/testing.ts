/** A server for one test: fresh, in memory, on a free port, and gone afterwards. */

import type { Credentials } from '@lading/protocol'
import type { ServerOptions } from './config.ts'
import { startServer } from './start-server.ts'

export type { ServerOptions } from './config.ts'
export type { Fault, FaultAction } from './http/faults.ts'
export { parseFault } from './http/parse-fault.ts'

/** As `startServer` takes them, but that a test's server keeps nothing and listens on loopback. */
export type TestServerOptions = Omit<ServerOptions, 'data' | 'host' | 'port'>

export interface TestServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40713`. */
  readonly url: string
  readonly port: number
  /** The first key pair: the one that was given, or one made for this server alone. */
  readonly credentials: Credentials
  /** Closes at once: a test that is over waits for no request. May be called twice. */
  close(): Promise<void>
}

/**
 * Starts a server whose data lives as long as it does. With `await using` it closes by itself.
 *
 * @throws {TypeError} for options that cannot be.
 */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startServer({
    collect: { intervalMs: 0 },
    ...options,
    data: 'memory',
    host: '127.0.0.1',
    port: 0,
  })
  const { url, port, credentials } = server
  const close = (): Promise<void> => server.close({ graceMs: 0 })
  return { url, port, credentials, close, [Symbol.asyncDispose]: close }
}
