/** An OSS server to embed: in a test, or in a process of your own. */

export type { StoredKey } from './access/key-file.ts'
export { KeyRefusal, type KeyStore, openKeyStore } from './access/keys.ts'
export type { Rights } from './access/rights.ts'
export { makeSession } from './access/session.ts'
export { isStrayLmdbRejection } from './compose.ts'
export type {
  AdminAddress,
  CollectOptions,
  LifecycleSettings,
  LimitOptions,
  ServerCredentials,
  ServerOptions,
} from './config.ts'
export { type AdminListener, type AdminOptions, listenForAdmin } from './http/admin-listener.ts'
export type { BodyRate } from './http/body.ts'
export type { CertificateFiles } from './http/certificate.ts'
export type { Fault, FaultAction } from './http/faults.ts'
export { freeBodiesEarly } from './http/free-bodies-early.ts'
export type { KeyLimits } from './http/key-limits.ts'
export { parseFault } from './http/parse-fault.ts'
export type { BucketQuota } from './http/quotas.ts'
export type {
  CheckOptions,
  CheckReport,
  Problem,
  ProblemKind,
} from './inspect/check-store.ts'
export {
  type BackupOptions,
  type BackupReport,
  backUpDirectory,
  checkDirectory,
} from './maintain.ts'
export {
  type MigrateOptions,
  type MigrateReport,
  type MigrationTarget,
  type MoveStage,
  migrateDirectory,
  planMigration,
  type StoreCounts,
} from './migrate-directory.ts'
export type { LogDestination } from './observe/log.ts'
export { type LogFile, openLogFile } from './observe/log-file.ts'
export type { MetricsSnapshot } from './observe/metrics.ts'
export { formatMetrics } from './operating.ts'
export { type RunningServer, startServer } from './start-server.ts'
export type { CollectionReport } from './store/collect-garbage.ts'
export type { LifecycleReport } from './store/lifecycle.ts'
