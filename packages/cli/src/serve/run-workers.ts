/** `lading serve --workers N`: the primary, which serves nothing and keeps N workers that do. */

import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { isMessage, type PrimaryDrain, type WorkerReady } from './messages.ts'

/** More deaths than this in a minute are no accidents: the primary gives up. */
const maxDeathsPerMinute = 10

export interface RunWorkersOptions {
  readonly count: number
  /** Aborted: drain and end. */
  readonly stop: AbortSignal
  /** Called once, when every worker accepts connections. */
  onReady(url: string): void
  note(text: string): void
}

/** Resolves with the exit status once every worker has ended. */
export async function runWorkers(options: RunWorkersOptions): Promise<ExitCode> {
  // The first starts alone: it makes the store, the key pair and the choice of the port.
  const first = fork(undefined)
  const message = await ready(first)
  if (message === undefined) return exitCodes.failed
  const crew = new Crew(options, message.port)
  crew.keep(first)
  const others = Array.from({ length: options.count - 1 }, () => crew.hire())
  options.stop.addEventListener('abort', () => crew.drain(), { once: true })
  if (options.stop.aborted) crew.drain()
  // One that ends before it is ready is replaced, and the first serves meanwhile.
  await Promise.all(others.map(ready))
  if (!crew.isLeaving) options.onReady(message.url)
  return crew.ended
}

/** The workers there are; each that dies before its time is replaced. */
class Crew {
  readonly #options: RunWorkersOptions
  readonly #port: number
  /** What a new worker is told to listen on; `undefined`: what the command line says. */
  #workerPort: number | undefined
  readonly #workers = new Set<Worker>()
  readonly #deaths: number[] = []
  #isLeaving = false
  #failed = false
  #end: (status: ExitCode) => void = () => {}
  /** Resolves with the exit status when the last worker has ended. */
  readonly ended: Promise<ExitCode>

  constructor(options: RunWorkersOptions, port: number) {
    this.#options = options
    this.#port = port
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  get isLeaving(): boolean {
    return this.#isLeaving
  }

  hire(): Worker {
    return this.keep(fork(this.#workerPort))
  }

  keep(worker: Worker): Worker {
    this.#workers.add(worker)
    worker.on('message', (message: unknown) => {
      // Before it is ready a worker hears nothing, so what it missed is said again.
      if (this.#isLeaving && isMessage<WorkerReady>('ready', message)) tellToDrain(worker)
    })
    worker.once('exit', (status: number | null, signal: string | null) => {
      this.#workers.delete(worker)
      if (this.#isLeaving) {
        // The terminal's signal may come before the worker has begun to leave signals to us.
        this.#failed ||= status !== 0 && signal !== 'SIGINT' && signal !== 'SIGTERM'
        this.#endIfEmpty()
      } else this.#replace(worker, signal ?? `status ${status}`)
    })
    return worker
  }

  /** Asks all to answer what has come and to end. */
  drain(): void {
    this.#isLeaving = true
    for (const worker of this.#workers) tellToDrain(worker)
    this.#endIfEmpty()
  }

  #replace(worker: Worker, cause: string): void {
    const now = performance.now()
    this.#deaths.push(now)
    if (this.#deaths.filter((at) => at > now - 60_000).length > maxDeathsPerMinute) {
      this.#options.note('lading: workers keep ending; giving up')
      this.#failed = true
      this.drain()
      return
    }
    // All who listen on "any free port" share the one that the first got. Only when none of them is
    // left would the next get another one, so from then on it is named.
    if (this.#workers.size === 0) this.#workerPort = this.#port
    this.#options.note(`lading: worker ${worker.process.pid} ended (${cause}); starting another`)
    this.hire()
  }

  #endIfEmpty(): void {
    if (this.#workers.size === 0) this.#end(this.#failed ? exitCodes.failed : exitCodes.ok)
  }
}

function tellToDrain(worker: Worker): void {
  const message: PrimaryDrain = { kind: 'drain' }
  if (worker.isConnected()) worker.send(message)
}

function fork(port: number | undefined): Worker {
  return cluster.fork({
    UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? '16',
    ...(port !== undefined && { LADING_WORKER_PORT: String(port) }),
  })
}

/** The worker's word that it accepts connections; `undefined` when it ends before that. */
async function ready(worker: Worker): Promise<WorkerReady | undefined> {
  const settled = new AbortController()
  try {
    return await Promise.race([
      new Promise<WorkerReady>((resolve) => {
        worker.on('message', (message: unknown) => {
          if (isMessage<WorkerReady>('ready', message)) resolve(message)
        })
      }),
      once(worker, 'exit', { signal: settled.signal }).then(() => undefined),
    ])
  } finally {
    settled.abort()
  }
}
