/**
 * A disk as POSIX promises it, and no better: what was written is durable once a sync of that very
 * file that began later has succeeded, and a name once a sync of its directory has. Until then any
 * part of it may be on the disk or not, in any order. What a failed sync covered never becomes
 * durable by a later one.
 */

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { JournalEvent } from './journal.ts'

/** One change that a cut may drop, keep or, if it wrote bytes, tear. */
export interface Change {
  readonly number: number
  readonly what: 'write' | 'truncate' | 'name'
  /** As in `write blobs/07/…`. */
  readonly label: string
  /** Bytes that were written; 0 for other changes. */
  readonly bytes: number
}

/** What became of a change: `drop`, `keep`, or which of its 512-byte sectors were written. */
export type Fate = 'drop' | 'keep' | Torn

export interface Torn {
  readonly name: string
  readonly keeps: (sector: number, sectors: number) => boolean
}

/** The fates of pending changes; what is not in it is kept. */
export type Fates = ReadonlyMap<Change, Fate>

/** A disk after a cut: directories, and files with what names their content. */
export interface DiskState {
  /** Names the whole of it. */
  readonly hash: string
  readonly directories: readonly string[]
  readonly files: readonly { readonly path: string; readonly content: Content }[]
}

export interface Content {
  readonly hash: string
  readonly bytes: Buffer
}

/** A file or a directory with all that is in it, as it lay on the running system. */
export interface Snapshot {
  readonly path: string
  readonly inode: number
  /** Of a file. */
  readonly bytes?: Buffer
  /** Of a directory. */
  readonly entries?: readonly Snapshot[]
}

/** What lies at `path` now, without LMDB's lock files, which are memory and no data. */
export function snapshot(path: string): Snapshot {
  const status = statSync(path)
  if (!status.isDirectory()) return { path, inode: status.ino, bytes: readFileSync(path) }
  const names = readdirSync(path).filter((name) => name !== 'lock.mdb')
  const entries = names.map((name) => snapshot(join(path, name)))
  return { path, inode: status.ino, entries }
}

interface Edit extends Change {
  /** The inodes that it changes, by which it is found again. */
  readonly inodes: readonly Inode[]
  /** The sync of this one makes it durable. */
  readonly by: Inode
  durable: boolean
  /** A sync of it has failed: no later one counts. */
  doomed: boolean
  readonly apply: (inode: Inode, target: Target, fate: Fate) => void
}

interface Target {
  bytes: Buffer
  readonly names: Map<string, Inode>
}

interface Inode {
  readonly number: number
  readonly directory: boolean
  /** All that is durable for ever, before `edits`. */
  base: Target
  /** The rest, in order. */
  edits: Edit[]
  /** What came of which fates, until something becomes durable. */
  readonly known: Map<string, { target: Target; content: Content | undefined }>
}

const SECTOR = 512

export class Disk {
  readonly #root: string
  readonly #top: Inode
  /** By the number that they have now. */
  readonly #inodes = new Map<number, Inode>()
  /** As the running system sees it. */
  readonly #paths = new Map<string, Inode>()
  /** Syncs and synchronous writes under way: what each will make durable. */
  readonly #underWay = new Map<bigint, Edit[]>()
  #pending: Edit[] = []
  #count = 0

  /** Begins with all of the snapshot as durable. */
  constructor(base: Snapshot) {
    this.#root = base.path
    this.#top = this.#read(base)
  }

  /** In the order in which they were made. */
  get pending(): readonly Change[] {
    return this.#pending
  }

  /** @throws {Error} the event makes no sense: something was not recorded. */
  take(event: JournalEvent): void {
    switch (event.kind) {
      case 'write':
        this.#write(event)
        return
      case 'truncate':
        this.#truncate(event.inode, event.path, event.length)
        return
      case 'create':
      case 'mkdir':
        this.#make(event)
        return
      case 'unlink':
      case 'rmdir':
        this.#name(event.kind, [{ path: event.path, gone: this.#at(event.path) }])
        this.#paths.delete(event.path)
        return
      case 'rename':
        this.#rename(event.from, event.path)
        return
      case 'link':
        this.#name('link', [{ path: event.path, now: this.#at(event.from) }])
        this.#paths.set(event.path, this.#at(event.from))
        return
      case 'sync-begin': {
        const inode = this.#inodes.get(event.inode)
        if (!inode) throw new Error(`${event.path} was synced and never seen.`)
        this.#underWay.set(
          event.id,
          this.#pending.filter(({ by }) => by === inode),
        )
        return
      }
      case 'sync-end':
      case 'write-durable':
        this.#settle(event.id, event.error === 0)
        return
      default:
    }
  }

  /** The disk if power fails now, and these are the fates. */
  cut(fates: Fates = new Map()): DiskState {
    const directories: string[] = []
    const files: { path: string; content: Content }[] = []
    const lines: string[] = []
    const visit = (inode: Inode, path: string): void => {
      for (const [name, child] of this.#after(inode, fates).target.names) {
        const place = path === '' ? name : `${path}/${name}`
        if (child.directory) {
          directories.push(place)
          lines.push(`${place}/`)
          visit(child, place)
        } else {
          const content = this.#contentOf(child, fates)
          files.push({ path: place, content })
          lines.push(`${place} ${content.hash}`)
        }
      }
    }
    visit(this.#top, '')
    return { hash: sha(lines.sort().join('\n')), directories, files }
  }

  #read({ path, inode: number, bytes, entries }: Snapshot): Inode {
    const inode = newInode(number, entries !== undefined)
    this.#inodes.set(number, inode)
    this.#paths.set(path, inode)
    if (bytes) inode.base.bytes = bytes
    for (const entry of entries ?? []) {
      inode.base.names.set(basename(entry.path), this.#read(entry))
    }
    return inode
  }

  #at(path: string): Inode {
    const inode = this.#paths.get(path)
    if (!inode) throw new Error(`${path} is changed and was never seen.`)
    return inode
  }

  #make({ kind, path, inode: number }: { kind: string; path: string; inode: number }): void {
    const standing = this.#paths.get(path)
    // Two processes may both think that they made it.
    if (standing?.number === number) return
    const inode = newInode(number, kind === 'mkdir')
    this.#inodes.set(number, inode)
    this.#name(kind, [{ path, now: inode }])
    this.#paths.set(path, inode)
  }

  #rename(from: string, to: string): void {
    const inode = this.#at(from)
    this.#name('rename', [
      { path: from, gone: inode },
      { path: to, now: inode },
    ])
    const moved = [...this.#paths].filter(([path]) => path === from || path.startsWith(`${from}/`))
    for (const [path] of moved) this.#paths.delete(path)
    for (const [path, moving] of moved) this.#paths.set(`${to}${path.slice(from.length)}`, moving)
  }

  /** A change of names, durable with the directory of the last of them. */
  #name(
    kind: string,
    changes: readonly { path: string; now?: Inode | undefined; gone?: Inode | undefined }[],
  ): void {
    const steps = changes.map(({ path, now, gone }) => ({
      directory: this.#at(dirname(path)),
      name: basename(path),
      now,
      gone,
    }))
    const last = steps.at(-1)
    if (!last) return
    const paths = changes.map(({ path }) => this.#relative(path)).join(' to ')
    this.#add({
      what: 'name',
      label: `${kind} ${paths}`,
      bytes: 0,
      inodes: [...new Set(steps.map(({ directory }) => directory))],
      by: last.directory,
      apply: (inode, { names }) => {
        for (const { directory, name, now, gone } of steps) {
          if (directory !== inode) continue
          // A name that meanwhile is another file's is none of this one's.
          if (now) names.set(name, now)
          else if (names.get(name) === gone) names.delete(name)
        }
      },
    })
  }

  #write(event: Extract<JournalEvent, { kind: 'write' }>): void {
    const { offset, data, path } = event
    const inode = this.#inodes.get(event.inode)
    if (!inode) throw new Error(`${path} was written and never seen.`)
    const edit = this.#add({
      what: 'write',
      label: `write ${this.#relative(path)} ${data.length}@${offset}`,
      bytes: data.length,
      inodes: [inode],
      by: inode,
      apply: (_, target, fate) => {
        if (fate !== 'drop') target.bytes = written(target.bytes, offset, data, fate)
      },
    })
    if (event.inFlight) this.#underWay.set(event.id, [edit])
  }

  #truncate(number: number, path: string, length: number): void {
    const inode = this.#inodes.get(number)
    if (!inode) throw new Error(`${path} was truncated and never seen.`)
    this.#add({
      what: 'truncate',
      label: `truncate ${this.#relative(path)} to ${length}`,
      bytes: 0,
      inodes: [inode],
      by: inode,
      apply: (_, target) => {
        const bytes = Buffer.alloc(length)
        target.bytes.copy(bytes)
        target.bytes = bytes
      },
    })
  }

  #add(change: Omit<Edit, 'number' | 'durable' | 'doomed'>): Edit {
    this.#count += 1
    const edit: Edit = { ...change, number: this.#count, durable: false, doomed: false }
    for (const inode of edit.inodes) {
      inode.edits.push(edit)
      inode.known.clear()
    }
    this.#pending.push(edit)
    return edit
  }

  #settle(id: bigint, succeeded: boolean): void {
    const edits = this.#underWay.get(id) ?? []
    this.#underWay.delete(id)
    for (const edit of edits) {
      if (!succeeded) edit.doomed = true
      else if (!edit.doomed) edit.durable = true
    }
    this.#pending = this.#pending.filter(({ durable }) => !durable)
    for (const inode of new Set(edits.flatMap(({ inodes }) => inodes))) fold(inode)
  }

  #after(inode: Inode, fates: Fates): { target: Target; content: Content | undefined } {
    const chosen = inode.edits.map((edit) => (edit.durable ? 'keep' : (fates.get(edit) ?? 'keep')))
    const key = chosen.map((fate) => (typeof fate === 'string' ? fate : fate.name)).join()
    const known = inode.known.get(key)
    if (known) return known
    const target = copyOf(inode.base)
    for (const [at, edit] of inode.edits.entries()) {
      const fate = chosen[at] ?? 'keep'
      if (fate !== 'drop') edit.apply(inode, target, fate)
    }
    const found = { target, content: undefined }
    inode.known.set(key, found)
    return found
  }

  #contentOf(inode: Inode, fates: Fates): Content {
    const found = this.#after(inode, fates)
    const { bytes } = found.target
    found.content ??= { hash: sha(bytes), bytes }
    return found.content
  }

  #relative(path: string): string {
    return path.slice(this.#root.length + 1)
  }
}

/** What is durable from the beginning on need not be looked at again. */
function fold(inode: Inode): void {
  inode.known.clear()
  const left = inode.edits.findIndex(({ durable }) => !durable)
  const done = left === -1 ? inode.edits : inode.edits.slice(0, left)
  if (done.length === 0) return
  inode.base = copyOf(inode.base)
  for (const edit of done) edit.apply(inode, inode.base, 'keep')
  inode.edits = left === -1 ? [] : inode.edits.slice(left)
}

function newInode(number: number, directory: boolean): Inode {
  const base = { bytes: Buffer.alloc(0), names: new Map<string, Inode>() }
  return { number, directory, base, edits: [], known: new Map() }
}

function copyOf({ bytes, names }: Target): Target {
  return { bytes, names: new Map(names) }
}

/** A new buffer; sectors that are not written stay as they were, or are zeros where nothing was. */
function written(before: Buffer, offset: number, data: Buffer, fate: 'keep' | Torn): Buffer {
  const bytes = Buffer.alloc(Math.max(before.length, offset + data.length))
  before.copy(bytes)
  if (fate === 'keep') {
    data.copy(bytes, offset)
    return bytes
  }
  const first = Math.floor(offset / SECTOR)
  const sectors = Math.ceil((offset + data.length) / SECTOR) - first
  for (let sector = 0; sector < sectors; sector += 1) {
    if (!fate.keeps(sector, sectors)) continue
    const from = Math.max(offset, (first + sector) * SECTOR)
    const to = Math.min(offset + data.length, (first + sector + 1) * SECTOR)
    data.copy(bytes, from, from - offset, to - offset)
  }
  return bytes
}

function sha(content: string | Buffer): string {
  return createHash('sha1').update(content).digest('base64url')
}
