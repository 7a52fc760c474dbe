/** This machine's file system with a log, and with faults at chosen operations. For tests. */

import { type FileSystem, nodeFileSystem } from './file-system.ts'

export type Operation =
  | 'create'
  | 'writev'
  | 'datasync'
  | 'close'
  | 'sync'
  | 'open-directory'
  | 'unlink'

export interface Fault {
  readonly at: Operation
  /** How many of them succeed first. Default 0. Only the next one fails. */
  readonly after?: number
  readonly error: Error
}

export interface FaultyFiles extends FileSystem {
  /** `operation path`, as they were begun; opening a directory is not told. */
  readonly log: string[]
  /** The most bytes that one `writev` takes. */
  takeAtMost: number
  fail(fault: Fault): void
  /** Operations of this kind wait, from now until `release` is called. */
  hold(at: Operation): { release(): void }
  /** Resolves once `count` operations of this kind are in the log. */
  reached(at: Operation, count?: number): Promise<void>
}

export function faulty(): FaultyFiles {
  const log: string[] = []
  const held = new Map<Operation, Promise<void>>()
  let waiting: (() => void)[] = []
  let fault: Fault | undefined
  let passed = 0

  async function begin(at: Operation, path: string): Promise<void> {
    if (at !== 'open-directory') log.push(`${at} ${path}`)
    for (const wake of waiting.splice(0)) wake()
    await held.get(at)
    if (fault?.at !== at) return
    if (passed++ < (fault.after ?? 0)) return
    const { error } = fault
    fault = undefined
    throw error
  }

  const files: FaultyFiles = {
    ...nodeFileSystem,
    log,
    takeAtMost: Number.POSITIVE_INFINITY,
    fail(next) {
      fault = next
      passed = 0
    },
    hold(at) {
      let release = (): void => {}
      held.set(
        at,
        new Promise((resolve) => {
          release = resolve
        }),
      )
      return {
        release() {
          held.delete(at)
          release()
        },
      }
    },
    async reached(at, count = 1) {
      while (log.filter((line) => line.startsWith(`${at} `)).length < count) {
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
      waiting = []
    },
    async createFile(path) {
      await begin('create', path)
      const file = await nodeFileSystem.createFile(path)
      return {
        ...file,
        async writev(buffers) {
          await begin('writev', path)
          return file.writev(cut(buffers, files.takeAtMost))
        },
        async datasync() {
          await begin('datasync', path)
          await file.datasync()
        },
        async close() {
          await file.close()
          await begin('close', path)
        },
      }
    },
    async openDirectory(path) {
      await begin('open-directory', path)
      const directory = await nodeFileSystem.openDirectory(path)
      return {
        async sync() {
          await begin('sync', path)
          await directory.sync()
        },
        close: () => directory.close(),
      }
    },
    async unlink(path) {
      await begin('unlink', path)
      await nodeFileSystem.unlink(path)
    },
  }
  return files
}

function cut(buffers: readonly Uint8Array[], most: number): Uint8Array[] {
  const kept: Uint8Array[] = []
  let left = most
  for (const buffer of buffers) {
    if (left === 0) break
    const part = buffer.subarray(0, Math.min(buffer.length, left))
    kept.push(part)
    left -= part.length
  }
  return kept
}
