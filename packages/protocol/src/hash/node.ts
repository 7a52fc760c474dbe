/** `#hash` under Node: `node:crypto`, its event loop and its threads. */

import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import type { PartsThread } from './contract.d.ts'

export function md5(bytes: Uint8Array): Uint8Array {
  return createHash('md5').update(bytes).digest()
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
}

export function hmacSha1(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return createHmac('sha1', key).update(bytes).digest()
}

export function hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(bytes).digest()
}

export function nextTurn(run: () => void): void {
  setImmediate(run)
}

export function equalInConstantTime(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right)
}

/** As text, so that it is there however this package is run: built, bundled or from its source. */
const PROGRAM = `
  const { parentPort, workerData } = require('node:worker_threads')
  const abort = () => { throw new Error('The module gave up.') }
  const imports = { env: { memory: workerData.memory, abort } }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(workerData.source), imports)
  exports.prepare()
  parentPort.on('message', (count) => {
    exports.hashParts(count)
    parentPort.postMessage('done')
  })
`

export async function startPartsThread(pages: number): Promise<PartsThread | undefined> {
  const { partsModule } = await import('./hash-parts-module.ts')
  const source = Buffer.from(partsModule, 'base64')
  if (!WebAssembly.validate(source)) return undefined
  const memory = sharedMemory(pages)
  if (!memory) return undefined
  const worker = startWorker({ source, memory })
  if (!worker) return undefined
  // Only a call that is waited for keeps the process: work that rests may be left at any time.
  worker.unref()
  let failure: Error | undefined
  let settle: { resolve(): void; reject(error: Error): void } | undefined
  const fail = (error: Error): void => {
    failure ??= error
    settle?.reject(failure)
  }
  worker.on('message', () => settle?.resolve())
  worker.on('error', fail)
  worker.on('exit', () => fail(new Error('The thread that hashes has ended.')))
  return {
    memory: memory.buffer,
    async hashParts(count) {
      if (failure) throw failure
      worker.ref()
      const done = new Promise<void>((resolve, reject) => {
        settle = { resolve, reject }
      })
      worker.postMessage(count)
      try {
        await done
      } finally {
        settle = undefined
        worker.unref()
      }
    },
    async end() {
      await worker.terminate()
    },
  }
}

/** `undefined` where the process may have no threads, as under Node's permission model. */
function startWorker(workerData: object): Worker | undefined {
  try {
    // Without the process's own flags: `--input-type=module` would make a module of the program.
    return new Worker(PROGRAM, { eval: true, workerData, execArgv: [] })
  } catch {
    return undefined
  }
}

/** Takes addresses at once, and memory as it is used; `undefined` where there are not as many addresses. */
function sharedMemory(pages: number): WebAssembly.Memory | undefined {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
