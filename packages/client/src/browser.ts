/** What a page needs besides `@lading/client`: connections, memory between visits, a thread, other tabs. */

export { type FollowedUpload, followNetwork } from './browser/follow-network.ts'
export {
  type IndexedDbCheckpointOptions,
  indexedDbCheckpoints,
  type PageCheckpoints,
} from './browser/indexed-db-checkpoints.ts'
export { fileName, requireSameFile } from './browser/same-file.ts'
export { hearTabs, tellTabs } from './browser/tabs.ts'
export { type WorkerHasher, workerHasher } from './browser/worker-hasher.ts'
export { type PresignAtOptions, presignAt } from './presigned/presign-at.ts'
export { webTransport } from './transport/web.ts'
