/** Processes of their own, so that what each of them costs can be told apart. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** What `answerAsks` of a worker understands. */
export interface Reply {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

/** Those that run: none may outlive the section that started it, however that ends. */
const running = new Set<Child>()

export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((child) => child.stop()))
}

export class Child {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, (reply: Reply) => void>()
  #asked = 0
  #said = ''

  private constructor(process: ChildProcess) {
    this.#process = process
    running.add(this)
    process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text
    })
    process.on('message', (reply: Reply) => this.#waiting.get(reply.id)?.(reply))
    process.on('exit', (code, signal) => {
      running.delete(this)
      const error = `The worker ended (${code ?? signal}): ${this.#said}`
      for (const [id, settle] of this.#waiting) settle({ id, error })
    })
  }

  /** `worker` is a module below this one, `workers/sink.js`, and `settings` its argument. */
  static start(worker: string, settings: unknown = {}): Child {
    const path = fileURLToPath(new URL(worker, import.meta.url))
    return new Child(
      fork(path, [JSON.stringify(settings)], {
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        execArgv: process.env.LADING_BENCH_PROFILE ? ['--cpu-prof'] : [],
        env: {
          ...process.env,
          UV_THREADPOOL_SIZE: '16',
          AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
        },
      }),
    )
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  async ask<Value>(name: string, input: unknown = {}): Promise<Value> {
    this.#asked += 1
    const id = this.#asked
    const reply = await new Promise<Reply>((resolve) => {
      this.#waiting.set(id, resolve)
      if (this.#process.connected) this.#process.send({ id, name, input })
      else resolve({ id, error: `The worker is gone: ${this.#said}` })
    })
    this.#waiting.delete(id)
    if (reply.error !== undefined) throw new Error(reply.error)
    return reply.value as Value
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exited = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    await exited
  }
}
