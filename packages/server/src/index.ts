/** An OSS server to embed: in a test, or in a process of your own. */

export { isStrayLmdbRejection } from './compose.ts'
export type { CollectOptions, ServerCredentials, ServerOptions } from './config.ts'
export type { BodyRate } from './http/body.ts'
export type { Fault, FaultAction } from './http/faults.ts'
export { parseFault } from './http/parse-fault.ts'
export type { LogDestination } from './observe/log.ts'
export { type RunningServer, startServer } from './start-server.ts'
export type { CollectionReport } from './store/collect-garbage.ts'
