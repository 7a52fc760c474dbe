/** A log in a file, which others may move away: it is written in whole lines and reopened when asked. */

import { type FileHandle, open } from 'node:fs/promises'
import type { LogDestination } from './log.ts'

/** Bytes that wait at most, while the disk is full or slow; lines beyond that are lost, and counted. */
const MOST_WAITING = 4 * 1024 * 1024

export interface LogFile extends LogDestination {
  /** Goes on in a new file of the same name; in the one at hand when that cannot be opened. */
  reopen(): Promise<void>
  /** Resolves once what could be written is. */
  close(): Promise<void>
}

/** @throws as `open` does: a log that was asked for and cannot be had is no start. */
export async function openLogFile(path: string): Promise<LogFile> {
  const openFile = (): Promise<FileHandle> => open(path, 'a', 0o640)
  return new AppendedLog(await openFile(), openFile)
}

class AppendedLog implements LogFile {
  readonly #open: () => Promise<FileHandle>
  #file: FileHandle
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #lost = 0
  /** What is left of a batch that the disk took only in part: it must be finished first. */
  #rest: Uint8Array | undefined
  /** Writes, and changes of the file, one after the other. */
  #work: Promise<void> = Promise.resolve()
  #scheduled = false

  constructor(file: FileHandle, openFile: () => Promise<FileHandle>) {
    this.#file = file
    this.#open = openFile
  }

  write(line: string): void {
    const bytes = Buffer.from(line)
    if (this.#waitingBytes + bytes.length > MOST_WAITING) {
      this.#lost += 1
    } else {
      this.#waiting.push(bytes)
      this.#waitingBytes += bytes.length
    }
    this.#schedule()
  }

  reopen(): Promise<void> {
    return this.#after(async () => {
      await this.#flush()
      const next = await this.#open().catch(() => undefined)
      if (!next) return
      const last = this.#file
      this.#file = next
      await last.close()
    })
  }

  close(): Promise<void> {
    return this.#after(async () => {
      await this.#flush()
      await this.#file.close()
    })
  }

  /** One write for all lines of a turn. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    void this.#after(() => {
      this.#scheduled = false
      return this.#flush()
    })
  }

  /** What a step throws is nobody's to hear: a log that cannot be written must not stop the service. */
  #after(step: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(step).catch(() => {})
    return this.#work
  }

  async #flush(): Promise<void> {
    if (this.#rest) await this.#append(this.#rest)
    if (this.#lost > 0) {
      const lines = this.#lost
      this.#lost = 0
      const time = new Date().toISOString()
      const said = { level: 'warn', time, lines, msg: 'log lines were lost' }
      await this.#append(Buffer.from(`${JSON.stringify(said)}\n`))
    }
    while (this.#waiting.length > 0) {
      const batch = Buffer.concat(this.#waiting)
      this.#waiting = []
      this.#waitingBytes = 0
      await this.#append(batch)
    }
  }

  /** What was not written is kept, and what failed is thrown. */
  async #append(bytes: Uint8Array): Promise<void> {
    this.#rest = bytes
    while (this.#rest && this.#rest.length > 0) {
      const { bytesWritten } = await this.#file.write(this.#rest)
      this.#rest = this.#rest.subarray(bytesWritten)
    }
    this.#rest = undefined
  }
}
