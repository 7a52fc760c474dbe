/** The certificate that connections are encrypted by, and its change while the server runs. */

import { unwatchFile, watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'

/** Where a certificate and its key are kept, in PEM. */
export interface CertificateFiles {
  /** The server's certificate first, then those that lead to a trusted one. */
  readonly certFile: string
  readonly keyFile: string
}

/** PEM text. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** The oldest that is spoken. Source: RFC 8996 takes leave of all before it. */
export const MIN_TLS_VERSION = 'TLSv1.2'

/** Milliseconds between two looks at the files. Links to them count by what they lead to. */
const LOOK_MS = 1000

/** @throws {Error} that names the files, when one cannot be read or the two do not belong together. */
export async function readCertificate({
  certFile,
  keyFile,
}: CertificateFiles): Promise<Certificate> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')])
    createSecureContext({ cert, key })
    return { cert, key }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`The certificate ${certFile} with the key ${keyFile} cannot be used: ${why}`, {
      cause,
    })
  }
}

export interface CertificateWatchOptions {
  /** Takes what was read; connections that there are keep what they have. */
  readonly use: (certificate: Certificate) => void
  /** Is told of files that changed and cannot be used. */
  readonly report: (error: Error) => void
}

/** Reads the files again when they change, or when asked to. */
export class CertificateWatch {
  readonly #files: CertificateFiles
  readonly #options: CertificateWatchOptions
  readonly #changed = (): void => {
    this.reload().catch(this.#options.report)
  }
  #last: Promise<void> = Promise.resolve()

  constructor(files: CertificateFiles, options: CertificateWatchOptions) {
    this.#files = files
    this.#options = options
    for (const file of this.#paths()) {
      watchFile(file, { interval: LOOK_MS, persistent: false }, this.#changed)
    }
  }

  /** @throws {Error} as `readCertificate`; what is in use stays so. */
  reload(): Promise<void> {
    // One after the other, so that what was read last is what is used.
    const reloaded = this.#last.then(async () => {
      this.#options.use(await readCertificate(this.#files))
    })
    this.#last = reloaded.catch(() => {})
    return reloaded
  }

  stop(): void {
    for (const file of this.#paths()) unwatchFile(file, this.#changed)
  }

  #paths(): readonly string[] {
    return [this.#files.certFile, this.#files.keyFile]
  }
}
