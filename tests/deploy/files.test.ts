/** What runs gateways elsewhere: that each file is read by what reads it, and types what the command takes. */

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { makeProgram } from '../../packages/cli/src/program.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const folder = fileURLToPath(new URL('../../deploy/', import.meta.url))
const textOf = (name: string): string => readFileSync(join(folder, name), 'utf8')

/** What of a document is looked at; the rest may be anything. */
interface Document {
  readonly kind?: string
  readonly metadata?: { readonly name: string }
  readonly spec?: {
    readonly selector?: unknown
    readonly template?: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> }
      readonly spec: { readonly containers: readonly Container[] }
    }
    readonly ports?: readonly { readonly targetPort: string }[]
  }
  readonly services?: Readonly<Record<string, { readonly command?: readonly string[] }>>
}

interface Container {
  readonly args: readonly string[]
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
}

function documentsOf(text: string): Document[] {
  return parseAllDocuments(text, { strict: true, uniqueKeys: true }).map((document) => {
    if (document.errors[0]) throw document.errors[0]
    return document.toJS() as Document
  })
}

/** The flags of `lading serve`. */
async function flagsOfServe(): Promise<ReadonlySet<string>> {
  const program = await makeProgram(() => async () => {}, '')
  const serve = program.commands.find((command) => command.name() === 'serve')
  return new Set(serve?.options.flatMap(({ long }) => long ?? []))
}

/** The arguments of `lading`, by the file that types them. */
function commands(): Record<string, readonly string[]> {
  const unit = textOf('lading-gateway.service').replaceAll('\\\n', ' ')
  const [, words = ''] = /^ExecStart=\/usr\/bin\/lading (.*)$/m.exec(unit) ?? []
  const [, entry = ''] = /^CMD (\[.*\])$/m.exec(textOf('Containerfile')) ?? []
  const [compose] = documentsOf(textOf('compose.yaml'))
  const deployment = documentsOf(textOf('kubernetes.yaml')).find(
    ({ kind }) => kind === 'Deployment',
  )
  return {
    'lading-gateway.service': words.split(/\s+/),
    Containerfile: JSON.parse(entry) as string[],
    'compose.yaml': compose?.services?.gateway?.command ?? [],
    'kubernetes.yaml': deployment?.spec?.template?.spec.containers[0]?.args ?? [],
  }
}

test.each(Object.entries(commands()))(
  '%s starts the service by flags that it has',
  async (_, words) => {
    const [command, ...rest] = words
    expect(command).toBe('serve')
    const flags = rest.filter((word) => word.startsWith('--'))
    expect(flags.length).toBeGreaterThan(0)
    const known = await flagsOfServe()
    expect(flags.filter((flag) => !known.has(flag))).toEqual([])
  },
)

test('no file of them is looked at by nobody', () => {
  expect(readdirSync(folder).sort()).toEqual(
    [...Object.keys(commands()), 'haproxy.cfg'].sort((one, other) => (one < other ? -1 : 1)),
  )
})

test('a document that is not well formed would be found', () => {
  expect(() => documentsOf('a: 1\na: 2\n')).toThrow(/unique/)
  expect(() => documentsOf('a: [1\nb: 2\n')).toThrow()
})

test('the pods of Kubernetes are found by their service, and its ports are theirs', () => {
  const documents = documentsOf(textOf('kubernetes.yaml'))
  const byKind = new Map(documents.map((document) => [document.kind, document]))
  const template = byKind.get('Deployment')?.spec?.template
  expect(byKind.get('Service')?.spec?.selector).toEqual(template?.metadata.labels)
  const ports = template?.spec.containers[0]?.ports ?? []
  for (const { targetPort } of byKind.get('Service')?.spec?.ports ?? []) {
    expect(ports.map(({ name }) => name)).toContain(targetPort)
  }
  const args = template?.spec.containers[0]?.args ?? []
  const given = ['--port', '--admin-port'].map((flag) => Number(args[args.indexOf(flag) + 1]))
  expect(ports.map(({ containerPort }) => containerPort)).toEqual(given)
})

test('systemd reads the unit without a complaint', async () => {
  const text = textOf('lading-gateway.service')
  expect(text).toMatch(/^\[Unit\]\n/m)
  for (const line of text.replaceAll('\\\n', ' ').split('\n')) {
    expect(line).toMatch(/^(|#.*|\[(Unit|Service|Install)\]|[A-Za-z]+=\S.*)$/)
  }
  // Where there is a systemd, by itself; the command it starts need not be installed.
  const place = await temporaryDirectory()
  await mkdir(place, { recursive: true })
  const unit = join(place, 'lading-gateway.service')
  await writeFile(unit, text.replace('/usr/bin/lading', '/bin/true'))
  const verify = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' })
  if (verify.error) return
  expect(verify.stderr).toBe('')
  expect(verify.status).toBe(0)
})
