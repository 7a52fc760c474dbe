/** A server process of the soak, and what it takes up. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { OssWire } from '../support/oss-wire.ts'
import { KEY_PAIR } from '../support/serve-process.ts'

const entry = fileURLToPath(new URL('soak-server.mjs', import.meta.url))

export class SoakProcess {
  readonly wire: OssWire
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>

  private constructor(child: ChildProcess, exited: Promise<unknown>, port: number) {
    this.#child = child
    this.#exited = exited
    this.wire = new OssWire({ port, credentials: KEY_PAIR })
  }

  static async start(directory: string): Promise<SoakProcess> {
    const { accessKeyId, accessKeySecret } = KEY_PAIR
    const child = spawn(process.execPath, [entry, directory, accessKeyId, accessKeySecret], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(child, 'exit')
    const [line] = await Promise.race([
      once(child.stdout.setEncoding('utf8'), 'data'),
      exited.then(() => Promise.reject(new Error('The server ended before it listened.'))),
    ])
    return new SoakProcess(child, exited, Number(line))
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#child.kill(signal)
    await this.#exited
    this.wire.close()
  }

  /** Linux alone tells it so. */
  async takesUp(): Promise<{ readonly rssBytes: number; readonly descriptors: number }> {
    const of = `/proc/${this.#child.pid}`
    const status = await readFile(`${of}/status`, 'utf8')
    const rssBytes = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
    return { rssBytes, descriptors: (await readdir(`${of}/fd`)).length }
  }
}

/** Bytes of all files below the directory. */
export async function bytesIn(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      // What is deleted meanwhile takes up nothing.
      .map((entry) =>
        stat(join(entry.parentPath, entry.name)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
