/** The few file operations that blobs need, as one seam, so that tests can make each of them fail. */

import { type Dir, constants as modes } from 'node:fs'
import { type FileHandle, mkdir, open, opendir, stat, unlink } from 'node:fs/promises'

/** A file that is being written, from its beginning to its end. */
export interface NewFile {
  /** Appends the buffers; resolves with the bytes that were taken, which may be fewer. */
  writev(buffers: readonly Uint8Array[]): Promise<number>
  /** Dates the file's last write to now. */
  touch(): Promise<void>
  /** How many names the file has: 0 once somebody deleted it. */
  names(): Promise<number>
  datasync(): Promise<void>
  close(): Promise<void>
}

/** A file that is being read. */
export interface OldFile {
  size(): Promise<number>
  /** Fills `into` from `position` on; resolves with the bytes read, 0 at the end. */
  read(into: Uint8Array, position: number): Promise<number>
  close(): Promise<void>
}

export interface OpenDirectory {
  sync(): Promise<void>
  close(): Promise<void>
}

/** Rejects as `node:fs/promises` does, with a `code`. */
export interface FileSystem {
  /** Makes the directory and those above it; resolves with the first that was not there. */
  makeDirectory(path: string): Promise<string | undefined>
  /** The file must not exist yet. */
  createFile(path: string): Promise<NewFile>
  openFile(path: string): Promise<OldFile>
  openDirectory(path: string): Promise<OpenDirectory>
  unlink(path: string): Promise<void>
  names(path: string): Promise<AsyncIterable<string>>
  writtenAt(path: string): Promise<Date>
  size(path: string): Promise<number>
}

export const nodeFileSystem: FileSystem = {
  makeDirectory: (path) => mkdir(path, { recursive: true, mode: 0o700 }),
  async createFile(path) {
    return newFile(await open(path, 'wx', 0o600))
  },
  async openFile(path) {
    return oldFile(await open(path, 'r'))
  },
  // A directory is synced through a handle that was opened for reading; 'r+' is EISDIR.
  openDirectory: (path) => open(path, modes.O_RDONLY | modes.O_DIRECTORY),
  unlink,
  async names(path) {
    return entryNames(await opendir(path, { bufferSize: 256 }))
  },
  async writtenAt(path) {
    return (await stat(path)).mtime
  },
  async size(path) {
    return (await stat(path)).size
  },
}

function newFile(file: FileHandle): NewFile {
  return {
    async writev(buffers) {
      return (await file.writev(buffers)).bytesWritten
    },
    async touch() {
      const now = new Date()
      await file.utimes(now, now)
    },
    async names() {
      return (await file.stat()).nlink
    },
    datasync: () => file.datasync(),
    close: () => file.close(),
  }
}

function oldFile(file: FileHandle): OldFile {
  return {
    async size() {
      return (await file.stat()).size
    },
    async read(into, position) {
      return (await file.read(into, 0, into.length, position)).bytesRead
    },
    close: () => file.close(),
  }
}

async function* entryNames(directory: Dir): AsyncIterable<string> {
  for await (const { name } of directory) yield name
}
