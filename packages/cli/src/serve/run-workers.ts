/** `lading serve --workers N`: the primary, which serves nothing and keeps N workers that do. */

import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import {
  type AdminAddress,
  type AdminListener,
  formatMetrics,
  listenForAdmin,
  type MetricsSnapshot,
} from '@lading/server'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { closeWithWorker } from './handed-over.ts'
import {
  isMessage,
  type PrimaryDrain,
  type PrimaryMeasure,
  type PrimaryReopen,
  type WorkerMeasured,
  type WorkerReady,
} from './messages.ts'

/** More deaths than this in a minute are no accidents: the primary gives up. */
const maxDeathsPerMinute = 10

/** How long a worker may take to say what it has counted. */
const measureMs = 5_000

export interface RunWorkersOptions {
  readonly count: number
  /** Aborted: drain and end. */
  readonly stop: AbortSignal
  /** Where the primary tells of all of them. */
  readonly admin: AdminAddress | undefined
  /** Is given what makes every worker go on in a new log file. */
  onReopen(reopen: () => void): void
  /** Called once, when every worker accepts connections. */
  onReady(url: string, admin: AdminListener | undefined): void
  note(text: string): void
}

/** Resolves with the exit status once every worker has ended. */
export async function runWorkers(options: RunWorkersOptions): Promise<ExitCode> {
  // The first starts alone: it makes the store, the key pair and the choice of the port.
  const first = fork(undefined, { scrubs: true })
  const message = await ready(first)
  if (message === undefined) return exitCodes.failed
  const crew = new Crew(options, message.port)
  crew.keep(first, { serves: true, scrubs: true })
  options.onReopen(() => crew.reopen())
  const others = Array.from({ length: options.count - 1 }, () => crew.hire())
  options.stop.addEventListener('abort', () => crew.drain(), { once: true })
  if (options.stop.aborted) crew.drain()
  // One that ends before it is ready is replaced, and the first serves meanwhile.
  await Promise.all(others.map(ready))
  const door = options.admin && (await openDoor(options.admin, crew))
  if (!crew.isLeaving) options.onReady(message.url, door)
  try {
    return await crew.ended
  } finally {
    await door?.close()
  }
}

async function openDoor(
  { host = '127.0.0.1', port }: AdminAddress,
  crew: Crew,
): Promise<AdminListener> {
  try {
    return await listenForAdmin({
      host,
      port,
      ready: () => crew.isReady,
      metrics: async () => formatMetrics(await crew.measure()),
    })
  } catch (error) {
    crew.drain()
    await crew.ended
    throw error
  }
}

/** The workers there are; each that dies before its time is replaced. */
class Crew {
  readonly #options: RunWorkersOptions
  readonly #port: number
  /** What a new worker is told to listen on; `undefined`: what the command line says. */
  #workerPort: number | undefined
  readonly #workers = new Set<Worker>()
  /** Those that accept connections. */
  readonly #serving = new Set<Worker>()
  #questions = 0
  /** The one that reads everything over and over, for all of them. */
  #scrubber: Worker | undefined
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

  /** Whether requests are welcome: one worker that serves is enough. */
  get isReady(): boolean {
    return !this.#isLeaving && this.#serving.size > 0
  }

  reopen(): void {
    const message: PrimaryReopen = { kind: 'reopen' }
    for (const worker of this.#serving) tell(worker, message)
  }

  /** What each worker has counted; without those that do not answer. */
  async measure(): Promise<MetricsSnapshot[]> {
    const question = ++this.#questions
    const answers = [...this.#serving].map((worker) => {
      const message: PrimaryMeasure = { kind: 'measure', question }
      const answer = measured(worker, question)
      tell(worker, message)
      return answer
    })
    return (await Promise.all(answers)).filter((snapshot) => snapshot !== undefined)
  }

  hire(): Worker {
    const scrubs = this.#scrubber === undefined
    return this.keep(fork(this.#workerPort, { scrubs }), { serves: false, scrubs })
  }

  keep(
    worker: Worker,
    { serves, scrubs }: { readonly serves: boolean; readonly scrubs: boolean },
  ): Worker {
    this.#workers.add(worker)
    if (serves) this.#serving.add(worker)
    if (scrubs) this.#scrubber = worker
    worker.on('message', (message: unknown) => {
      if (!isMessage<WorkerReady>('ready', message)) return
      this.#serving.add(worker)
      // Before it is ready a worker hears nothing, so what it missed is said again.
      if (this.#isLeaving) tellToDrain(worker)
    })
    worker.once('exit', (status: number | null, signal: string | null) => {
      this.#workers.delete(worker)
      this.#serving.delete(worker)
      if (this.#scrubber === worker) this.#scrubber = undefined
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
  tell(worker, message)
}

function tell(worker: Worker, message: PrimaryDrain | PrimaryReopen | PrimaryMeasure): void {
  if (worker.isConnected()) worker.send(message)
}

/** The worker's answer; `undefined` when it gives none in time. */
function measured(worker: Worker, question: number): Promise<MetricsSnapshot | undefined> {
  return new Promise((resolve) => {
    const settle = (snapshot: MetricsSnapshot | undefined): void => {
      clearTimeout(timer)
      worker.off('message', hear)
      worker.off('exit', leave)
      resolve(snapshot)
    }
    const hear = (message: unknown): void => {
      if (!isMessage<WorkerMeasured>('measured', message)) return
      if (message.question === question) settle(message.snapshot)
    }
    const leave = (): void => settle(undefined)
    const timer = setTimeout(leave, measureMs)
    worker.on('message', hear)
    worker.once('exit', leave)
  })
}

function fork(port: number | undefined, { scrubs }: { readonly scrubs: boolean }): Worker {
  const worker = cluster.fork({
    UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? '16',
    ...(port !== undefined && { LADING_WORKER_PORT: String(port) }),
    ...(scrubs && { LADING_WORKER_SCRUBS: '1' }),
  })
  closeWithWorker(worker)
  return worker
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
