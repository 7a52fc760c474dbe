/** Processes that check disks, each one after another; one that a disk has crashed is replaced. */

import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Acknowledged } from '../../packages/server/src/inspect/check-acknowledged.ts'
import { compiled } from '../support/compiled.ts'
import type { CheckInPlaceTask, CheckTask } from './checker.ts'
import type { DiskState } from './disk.ts'

/** Milliseconds after which a check counts as hanging. */
const PATIENCE = 30_000

export class Checkers {
  readonly #program: string
  readonly #folder: string
  readonly #idle: ChildProcess[] = []
  readonly #waiting: ((child: ChildProcess) => void)[] = []
  readonly #contents = new Map<string, number>()
  #count = 0

  /** Most of a check is waiting for the store: more of them than processors are at work at a time. */
  constructor(processes = 4) {
    this.#program = compiled(new URL('checker.ts', import.meta.url))
    this.#folder = mkdtempSync(join(fastFolder(), 'lading-power-'))
    mkdirSync(join(this.#folder, 'contents'))
    for (let made = 0; made < processes; made += 1) this.#idle.push(this.#start())
  }

  /** Where `data` is on the disk; resolves with what is wrong, in words. */
  async check(
    state: DiskState,
    { data, acknowledged }: { readonly data: string; readonly acknowledged: Acknowledged },
  ): Promise<readonly string[]> {
    const child = await this.#next()
    this.#count += 1
    const place = join(this.#folder, String(this.#count))
    const files = state.files.map(({ path, content }) => [path, this.#keep(content)] as const)
    const { directories } = state
    const { problems, alive } = await ask(child, { place, data, directories, files, acknowledged })
    for (const { content } of state.files) this.#release(content.hash)
    if (!alive) rmSync(place, { recursive: true, force: true })
    this.#free(alive ? child : this.#start())
    return problems
  }

  /** Checks a store where it lies, and changes it by that. */
  async checkInPlace(task: CheckInPlaceTask): Promise<readonly string[]> {
    const child = await this.#next()
    const { problems, alive } = await ask(child, task)
    this.#free(alive ? child : this.#start())
    return problems
  }

  close(): void {
    for (const child of this.#idle) child.disconnect()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #next(): Promise<ChildProcess> {
    const idle = this.#idle.pop()
    return idle ?? (await new Promise<ChildProcess>((resolve) => this.#waiting.push(resolve)))
  }

  #start(): ChildProcess {
    const child = fork(this.#program, {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    // It is told of its end by whoever asks it.
    child.on('error', () => undefined)
    return child
  }

  #free(child: ChildProcess): void {
    const next = this.#waiting.shift()
    if (next) next(child)
    else this.#idle.push(child)
  }

  /** The file with this content, which may be linked to. */
  #keep({ hash, bytes }: { readonly hash: string; readonly bytes: Buffer }): string {
    const path = join(this.#folder, 'contents', hash)
    const users = this.#contents.get(hash) ?? 0
    if (users === 0) writeFileSync(path, bytes)
    this.#contents.set(hash, users + 1)
    return path
  }

  #release(hash: string): void {
    const users = (this.#contents.get(hash) ?? 1) - 1
    this.#contents.set(hash, users)
    if (users > 0) return
    this.#contents.delete(hash)
    rmSync(join(this.#folder, 'contents', hash))
  }
}

/** In memory where there is such a place: nothing here is to outlive the test. */
export function fastFolder(): string {
  return existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
}

async function ask(
  child: ChildProcess,
  task: CheckTask | CheckInPlaceTask,
): Promise<{ readonly problems: readonly string[]; readonly alive: boolean }> {
  return await new Promise((resolve) => {
    const settle = (problems: readonly string[], alive: boolean): void => {
      clearTimeout(timer)
      child.off('message', onMessage)
      child.off('exit', onExit)
      resolve({ problems, alive })
    }
    const onMessage = (problems: unknown): void => settle(problems as readonly string[], true)
    const onExit = (code: number | null, signal: NodeJS.Signals | null): void =>
      settle([`opening it ends the process (${signal ?? code})`], false)
    const timer = setTimeout(() => {
      child.off('exit', onExit)
      child.kill('SIGKILL')
      settle([`opening it has not come to an end after ${PATIENCE} ms`], false)
    }, PATIENCE)
    child.on('message', onMessage)
    child.on('exit', onExit)
    child.send(task)
  })
}
