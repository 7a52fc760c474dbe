/**
 * What the servers of a test file wrote, and which secrets were sent to them, kept for whoever looks
 * at the whole run after it: in the directory that `LADING_SUITE_RECORDS` names, a folder for each
 * test file, which `LADING_TEST_FILE` names. Without those variables nothing is kept.
 */

import { randomBytes } from 'node:crypto'
import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync, mkdirSync } from 'node:fs'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { join } from 'node:path'

export interface SuiteRecord {
  /** Lines of a log, or what a process printed. */
  write(text: string): void
  /** What must stand in no line. */
  keepSecret(secret: string): void
}

/** A record of the test file that runs in this process. */
export function openRecord(): SuiteRecord {
  const directory = process.env.LADING_SUITE_RECORDS
  const testFile = process.env.LADING_TEST_FILE
  if (!directory || !testFile) return { write() {}, keepSecret() {} }
  const folder = join(directory, testFile)
  mkdirSync(folder, { recursive: true })
  const file = join(folder, randomBytes(6).toString('hex'))
  const record: SuiteRecord = {
    write: (text) => appendFileSync(`${file}.log`, text),
    keepSecret: (secret) => appendFileSync(`${file}.secrets`, `${JSON.stringify(secret)}\n`),
  }
  if (!watching) watchRequests()
  watching = record
  return record
}

/** The newest record; several test files may run in one process, one after the other. */
let watching: SuiteRecord | undefined

/** Keeps what every request of this process, sent or received by Node, proves itself with. */
function watchRequests(): void {
  subscribe('http.client.request.start', (message) => {
    const { request } = message as { request: ClientRequest }
    if (watching) keepProofs(watching, request.path, (name) => request.getHeader(name))
  })
  subscribe('http.server.request.start', (message) => {
    const { request } = message as { request: IncomingMessage }
    if (watching) keepProofs(watching, request.url ?? '', (name) => request.headers[name])
  })
}

function keepProofs(
  record: SuiteRecord,
  target: string,
  header: (name: string) => number | string | readonly string[] | undefined,
): void {
  const signature = /(?:Signature=|OSS [^:]*:)([^,\s]+)/.exec(String(header('authorization') ?? ''))
  if (signature?.[1]) keepProof(record, signature[1])
  const token = header('x-oss-security-token')
  if (token !== undefined) keepProof(record, String(token))
  for (const [name, value] of new URLSearchParams(target.split('?')[1] ?? '')) {
    if (/^(x-oss-)?(signature|security-token)$/i.test(name)) keepProof(record, value)
  }
}

/**
 * What has the form of a signature of V1 or V4, or of a token. Tests also send what proves nothing in
 * their place, such as a path or a date, and that stands in lines rightly.
 */
function keepProof(record: SuiteRecord, value: string): void {
  if (/^([A-Za-z0-9+/]{27}=|[0-9a-f]{64}|A[A-Za-z0-9+/]{80,}={0,2})$/.test(value)) {
    record.keepSecret(value)
  }
}
