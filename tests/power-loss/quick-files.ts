/** Node's files without its threads: a check of a small disk makes a thousand calls, and waits for each. */

import * as fs from 'node:fs'
import type { FileSystem } from '../../packages/server/src/drivers/files/file-system.ts'

export const quickFiles: FileSystem = {
  makeDirectory: async (path) => fs.mkdirSync(path, { recursive: true, mode: 0o700 }),
  async createFile(path) {
    const file = fs.openSync(path, 'wx', 0o600)
    return {
      writev: async (buffers) => fs.writevSync(file, buffers),
      touch: async () => fs.futimesSync(file, new Date(), new Date()),
      names: async () => fs.fstatSync(file).nlink,
      datasync: async () => fs.fdatasyncSync(file),
      close: async () => fs.closeSync(file),
    }
  },
  async openFile(path) {
    const file = fs.openSync(path, 'r')
    return {
      size: async () => fs.fstatSync(file).size,
      read: async (into, position) => fs.readSync(file, into, 0, into.length, position),
      close: async () => fs.closeSync(file),
    }
  },
  async openDirectory(path) {
    const directory = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY)
    return {
      sync: async () => fs.fsyncSync(directory),
      close: async () => fs.closeSync(directory),
    }
  },
  unlink: async (path) => fs.unlinkSync(path),
  names: async (path) => each(fs.readdirSync(path)),
  writtenAt: async (path) => fs.statSync(path).mtime,
  size: async (path) => fs.statSync(path).size,
}

async function* each(names: readonly string[]): AsyncGenerator<string> {
  yield* names
}
