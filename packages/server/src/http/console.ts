/** The console: a built page, read from a directory and answered beside the service. */

import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { OssError } from '@lading/protocol'
import type { Reply } from '../api/operation.ts'

/** Where the console is; no bucket is called so. */
export const CONSOLE_PATH = '/-/console/'

/** Beside the page lies the policy that it was built for: only the build knows what its scripts hash to. */
const POLICY_FILE = 'content-security-policy.txt'

/**
 * What every other answer carries that comes from the console's origin. An object is whatever its
 * uploader wants it to be, a page with scripts too; in a sandbox it has an origin of its own, and
 * reads nothing that the console keeps.
 */
export const besideConsole: Readonly<Record<string, string>> = {
  'Content-Security-Policy': 'sandbox',
  'X-Content-Type-Options': 'nosniff',
}

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
}

const compress = promisify(gzip)

export interface ConsolePage {
  /**
   * The reply to a path of the console; `undefined` for every other path. Only where the Host names
   * the service itself.
   *
   * @throws {OssError} `MethodNotAllowed`.
   */
  reply(request: {
    readonly method: string
    readonly rawPath: string
    readonly headers: ReadonlyMap<string, string>
  }): Promise<Reply | undefined>
}

/**
 * Reads a built console once; later changes of its files are not seen.
 *
 * @throws {Error} when the directory holds none.
 */
export async function readConsole(directory: string): Promise<ConsolePage> {
  const files = await readFiles(directory)
  const policy = files.get(POLICY_FILE)?.bytes.toString('utf8').trim()
  if (!policy || !files.has('index.html')) {
    throw new Error(`${directory} holds no console: build it, or do without one.`)
  }
  files.delete(POLICY_FILE)
  const common = {
    'Content-Security-Policy': policy,
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    // Asked again each time, so that nobody works with the page of an older server.
    'Cache-Control': 'no-cache',
  }
  return {
    async reply({ method, rawPath, headers }) {
      if (rawPath === CONSOLE_PATH.slice(0, -1)) return moved(method)
      if (!rawPath.startsWith(CONSOLE_PATH)) return undefined
      requireRead(method)
      const file = files.get(rawPath.slice(CONSOLE_PATH.length) || 'index.html')
      if (!file) throw new OssError('NoSuchKey', { message: 'The console has no such page.' })
      const told = {
        ...common,
        ETag: file.etag,
        'Content-Type': file.type,
        Vary: 'Accept-Encoding',
      }
      if (headers.get('if-none-match') === file.etag) return { status: 304, headers: told }
      if (!/\bgzip\b/.test(headers.get('accept-encoding') ?? '')) {
        return { status: 200, headers: told, content: contentOf(file.bytes) }
      }
      file.compressed ??= compress(file.bytes)
      const content = contentOf(await file.compressed)
      return { status: 200, headers: { ...told, 'Content-Encoding': 'gzip' }, content }
    },
  }
}

interface ConsoleFile {
  readonly bytes: Buffer
  readonly etag: string
  readonly type: string
  compressed?: Promise<Buffer>
}

async function readFiles(directory: string): Promise<Map<string, ConsoleFile>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = new Map<string, ConsoleFile>()
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const name = path.slice(join(directory, '/').length).replaceAll('\\', '/')
    const bytes = await readFile(path)
    const sum = createHash('sha256').update(bytes).digest('base64url')
    const type = mediaTypes[extname(name)] ?? 'application/octet-stream'
    files.set(name, { bytes, etag: `"${sum}"`, type })
  }
  return files
}

function moved(method: string): Reply {
  requireRead(method)
  return { status: 301, headers: { Location: CONSOLE_PATH, 'Content-Length': '0' } }
}

function requireRead(method: string): void {
  if (method !== 'GET' && method !== 'HEAD') throw new OssError('MethodNotAllowed')
}

function contentOf(bytes: Uint8Array): NonNullable<Reply['content']> {
  return {
    length: bytes.length,
    bytes: async function* () {
      yield bytes
    },
    release: () => {},
  }
}
