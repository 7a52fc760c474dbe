/**
 * `check-logs DIR`: fails where anything that the servers of a test run wrote holds what a request
 * proved itself with: a signature, a security token, a secret. DIR is what the run recorded; see
 * `tests/support/suite-records.ts`.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runScript, SetUpError } from '../scripts/setup.mjs'

/** Shorter ones would be found in words that are no secret. */
const LEAST_LENGTH = 12

/** What no line has, whoever sent it. */
const forms = [
  /OSS4-HMAC-SHA256 Credential=/,
  /\bOSS [\w.-]+:[A-Za-z0-9+/]{27}=/,
  /\bsignature(=|%3D)(?!\[redacted\])/i,
  /\bsecurity-token(=|%3D)(?!\[redacted\])/i,
]

await runScript(async () => {
  const [directory] = process.argv.slice(2)
  if (!directory || !existsSync(directory)) {
    throw new SetUpError('Say which directory the records are in.')
  }
  const files = readdirSync(directory, { recursive: true }).map((file) => join(directory, file))
  const logs = files.filter((file) => file.endsWith('.log'))
  const secrets = new Set(files.filter((file) => file.endsWith('.secrets')).flatMap(readSecrets))
  if (logs.length === 0 || secrets.size === 0) throw new SetUpError('Nothing was recorded.')
  const leaks = []
  for (const file of logs) {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      if (holdsSecret(line, secrets)) leaks.push(`${file}: ${line}`)
    }
  }
  if (leaks.length > 0) {
    throw new SetUpError(`${leaks.slice(0, 20).join('\n')}\n${leaks.length} lines hold a secret.`)
  }
  return 0
})

function readSecrets(file) {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    .filter((secret) => secret.length >= LEAST_LENGTH)
    .flatMap((secret) => [bare(secret), bare(encodeURIComponent(secret))])
}

/** Secrets are too many to be sought one by one, so the line's words are looked up among them. */
function holdsSecret(line, secrets) {
  if (forms.some((form) => form.test(line))) return true
  return words(line).some((word) => secrets.has(word))
}

/** Hex within a path, base64 within a text, and what has blanks in it as a whole JSON string. */
function words(line) {
  return [/\W+/, /[^\w+/%.~-]+/, /["?&]/].flatMap((between) => line.split(between)).map(bare)
}

/** Without the padding that some writers leave out. */
function bare(text) {
  return text.replace(/(=|%3D)+$/i, '')
}
