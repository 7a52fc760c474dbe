/** What every section is given, and what several of them do. */

import { randomFillSync } from 'node:crypto'
import { existsSync } from 'node:fs'
import { open, readdir, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Child } from './child.ts'
import type { Compared } from './compared.ts'
import type { Group } from './report.ts'
import type { ClientSettings, Transfer, Transferred } from './workers/client.ts'
import type { LadingServerSettings } from './workers/lading-server.ts'
import type { SinkSettings } from './workers/sink.ts'

export interface Bench {
  /** Fewer rounds of fewer bytes. */
  readonly quick: boolean
  /** For whatever the section keeps; removed after it. */
  readonly directory: string
  group(heading: string): Group
  /** For the front pages. */
  compare(row: Compared | undefined): void
}

export const KiB = 1024
export const MiB: number = 1024 * KiB
export const GiB: number = 1024 * MiB

/** Runs each variant once a round, in turns, so that what disturbs one disturbs the others. */
export async function interleaved<Name extends string, Value>(
  rounds: number,
  variants: Readonly<Record<Name, () => Promise<Value>>>,
): Promise<Record<Name, Value[]>> {
  const names = Object.keys(variants) as Name[]
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    Value[]
  >
  for (let round = 0; round < rounds; round += 1) {
    // Every other round the other way round: whoever comes first is not always the same.
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      results[name].push(await variants[name]())
    }
  }
  return results
}

export interface RunningChild {
  readonly child: Child
  readonly port: number
}

export async function startSink(settings: SinkSettings): Promise<RunningChild> {
  const child = Child.start('./workers/sink.js', settings)
  return { child, port: await child.ask<number>('address') }
}

export async function startLading(settings: LadingServerSettings): Promise<RunningChild> {
  const child = Child.start('./workers/lading-server.js', settings)
  return { child, port: await child.ask<number>('address') }
}

/** `undefined` where the peers are not installed. */
export async function startS3rver(directory: string): Promise<RunningChild | undefined> {
  if (!peersAreThere()) return undefined
  const child = Child.start('../../peers/s3rver.mjs', { directory })
  return { child, port: await child.ask<number>('address') }
}

/** A client in a fresh process, and what one transfer cost it; `undefined` where it is not installed. */
export async function transferOnce(
  kind: ClientSettings['kind'] | 'lib-storage',
  way: 'upload' | 'download',
  transfer: Transfer,
): Promise<Transferred | undefined> {
  if (kind === 'lib-storage' && !peersAreThere()) return undefined
  const worker = kind === 'lib-storage' ? '../../peers/lib-storage.mjs' : './workers/client.js'
  const child = Child.start(worker, { kind })
  try {
    return await child.ask<Transferred>(way, transfer)
  } finally {
    await child.stop()
  }
}

/** A file of bytes that no stretch repeats; the same 64 MiB again and again. */
export async function makeFile(path: string, size: number): Promise<void> {
  const chunk = Buffer.allocUnsafe(Math.min(size, 64 * MiB))
  randomFillSync(chunk)
  const file = await open(path, 'w')
  for (let at = 0; at < size; at += chunk.length) {
    await file.write(chunk, 0, Math.min(chunk.length, size - at), at)
  }
  await file.close()
}

/** Seconds of processor time for each GiB. */
export function perGiB(cpuMs: number, bytes: number): number {
  return cpuMs / 1000 / (bytes / GiB)
}

export async function emptied(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true })
}

/**
 * Deletes the files of all blobs below `path`, whoever wrote them. A machine that has never used all of its
 * memory pays for each page of a file's copy in memory once: several times what copying costs, and not the
 * same in any two runs. So what one has written must be gone before the next begins.
 */
export async function withoutBlobs(path: string): Promise<void> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const blobs = entries.filter((entry) => entry.isFile() && /^[0-9a-f]{32}/.test(entry.name))
  await Promise.all(blobs.map(({ parentPath, name }) => unlink(join(parentPath, name))))
}

export function inDirectory({ directory }: Bench, name: string): string {
  return join(directory, name)
}

function peersAreThere(): boolean {
  return existsSync(fileURLToPath(new URL('../../peers/node_modules/s3rver', import.meta.url)))
}
