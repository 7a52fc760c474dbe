export interface CephOptions {
  readonly dir?: string
  readonly osds?: number
  readonly store?: 'memstore' | 'bluestore'
  readonly rgws?: number
  readonly outlives?: boolean
}

export interface Ceph {
  readonly dir: string
  readonly endpoints: readonly string[]
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
  makeBucket(name: string): Promise<void>
  killOsd(number: number): Promise<void>
  startOsd(number: number): Promise<void>
  killRgw(number: number): Promise<void>
  startRgw(number: number): Promise<void>
  stop(): Promise<void>
}

export function findCeph(): boolean
export function startCeph(options?: CephOptions): Promise<Ceph>
