export interface PostgresOptions {
  readonly dir?: string
  readonly port?: number
  readonly syncs?: boolean
  readonly outlives?: boolean
  readonly settings?: Readonly<Record<string, string | number>>
}

export interface Postgres {
  readonly dir: string
  readonly port: number
  readonly url: string
  urlOf(database: string): string
  start(): Promise<void>
  kill(): Promise<void>
  restart(): Promise<void>
  terminateBackends(): Promise<number>
  query(
    text: string,
    database?: string,
    values?: readonly unknown[],
  ): Promise<Record<string, unknown>[]>
  stop(): Promise<void>
}

export function findPostgres(): string | undefined
export function startPostgres(options?: PostgresOptions): Promise<Postgres>
