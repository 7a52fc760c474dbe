import type { Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type Certificate, readCertificate } from './certificate.ts'
import { bothLengthsWork } from './lenient-length.ts'

const fixture = (name: string): string =>
  fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
const ours = (): Promise<Certificate> =>
  readCertificate({ certFile: fixture('first.cert.pem'), keyFile: fixture('first.key.pem') })

describe.each([
  ['on a plain connection', async () => undefined],
  ['through TLS', ours],
])('%s', (_, find) => {
  test('this Node can be taught to take both lengths and nothing else', async () => {
    expect(await bothLengthsWork(await find())).toBe(true)
  })

  test('the trial fails on a parser that refuses both lengths', async () => {
    expect(await bothLengthsWork(await find(), () => {})).toBe(false)
  })

  test('the trial fails on a parser that is lenient in all', async () => {
    const lenientInAll = (server: Server): void => {
      Object.assign(server, { insecureHTTPParser: true })
    }
    expect(await bothLengthsWork(await find(), lenientInAll)).toBe(false)
  })
})
