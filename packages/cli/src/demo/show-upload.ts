/** The demonstration itself, told while it happens. */

import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { OssClient } from '@lading/client/node'
import { type RunningServer, startServer } from '@lading/server'
import picocolors from 'picocolors'
import { formatOssUrl } from '../oss-url.ts'
import { printable } from '../output/printable.ts'
import { formatDuration, formatSize, plural } from '../quantities.ts'
import { compareFiles } from './compare-files.ts'
import { type CuttingProxy, type SeenRequest, startCuttingProxy } from './cutting-proxy.ts'
import { isComplete, ObstacleCourse, partNumberOf } from './obstacle-course.ts'
import { type DemoPlan, formatNumbers, planDemo, shortSize } from './plan.ts'
import { type CommandOptions, runCommand, startCommand, throwIfInterrupted } from './run-command.ts'

// On its own the library colours wherever CI is set, also what goes into a file.
const colors = picocolors.createColors(process.stdout.isTTY === true && picocolors.isColorSupported)

const bucket = 'demo'

/**
 * Uploads `file` with the real command through a proxy that cuts it off, kills the command, resumes,
 * downloads and compares. Leaves nothing behind, whatever happens.
 *
 * @throws {Error} when anything is not as it should be.
 */
export async function showUpload(file: string, signal: AbortSignal): Promise<void> {
  const began = performance.now()
  const { size } = await stat(file)
  const directory = await mkdtemp(join(tmpdir(), 'lading-demo-'))
  try {
    const server = await startServer({ data: { directory: join(directory, 'store') } })
    try {
      await demonstrate({ file, size, directory, server, signal })
    } finally {
      await server.close({ graceMs: 0 })
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
  const took = formatDuration(performance.now() - began)
  console.log(
    `\n${colors.green('Done')} in ${took}. The server is closed and its files are removed.`,
  )
}

interface Stage {
  readonly file: string
  /** Bytes. */
  readonly size: number
  /** For everything that is written; removed in the end. */
  readonly directory: string
  readonly server: RunningServer
  readonly signal: AbortSignal
}

async function demonstrate({ file, size, directory, server, signal }: Stage): Promise<void> {
  const plan = planDemo(size)
  const key = `files/${basename(file)}`
  const client = new OssClient({ endpoint: server.url, credentials: server.credentials })
  const route: Route = { client, key, plan, course: new ObstacleCourse(plan) }
  const proxy = await startProxy(server, route)
  try {
    const options = { env: await environment(server, proxy, directory), signal }
    const object = formatOssUrl(bucket, key)
    const upload = uploadCommand(file, object, size, plan)

    tellStep(1, 'A server of your own: durable, in a temporary directory, with one bucket')
    console.log(`listening on ${server.url}`)
    await runCommand(['mb', formatOssUrl(bucket)], options)

    if (size === 0) {
      tellStep(2, 'The upload: an empty file goes in one request, and there is nothing to cut')
      await runCommand(upload, options)
    } else {
      const what = `${printable(basename(file))}, ${formatSize(size)} in ${plural(plan.parts, 'part')}`
      tellStep(2, `The upload: ${what}, through a connection that is cut`)
      await showInterruption(upload, route, options)
      await runCommand(['uploads', 'parts', object], options)

      tellStep(3, 'The resume: the same command again, and only what is missing is sent')
      await showResume(upload, route, proxy, options)
    }

    tellStep(size === 0 ? 3 : 4, 'The download, compared with the file byte for byte')
    const copy = join(directory, 'download')
    await runCommand(['cp', object, copy], options)
    await showComparison(file, copy, route)
  } finally {
    await proxy.close()
    await client.close()
  }
}

/** What the steps have in common. */
interface Route {
  /** Asks the server directly, past the proxy. */
  readonly client: OssClient
  readonly key: string
  readonly plan: DemoPlan
  readonly course: ObstacleCourse
  /** What ListParts said when Complete was on its way. */
  listed?: { readonly parts: number; readonly bytes: number }
  /** The first attempt is over: the gate stays open. */
  lifted?: boolean
}

function startProxy(server: RunningServer, route: Route): Promise<CuttingProxy> {
  return startCuttingProxy({
    target: server,
    async gate(request) {
      if (!route.lifted) return route.course.admit(request)
      if (isComplete(request)) route.listed = await listParts(route, request.target)
      return undefined
    },
    onAnswer: () => route.course.check(),
  })
}

async function listParts(
  { client, key }: Route,
  target: string,
): Promise<{ parts: number; bytes: number }> {
  const uploadId = new URL(target, 'http://proxy').searchParams.get('uploadId') ?? ''
  let [parts, bytes] = [0, 0]
  for await (const page of client.listPartsPages({ bucket, key, uploadId })) {
    parts += page.parts.length
    bytes += page.parts.reduce((sum, { size }) => sum + size, 0)
  }
  return { parts, bytes }
}

/** Nothing of the user's own settings may lead the commands elsewhere, nor theirs remain. */
async function environment(
  server: RunningServer,
  proxy: CuttingProxy,
  directory: string,
): Promise<Record<string, string>> {
  const config = join(directory, 'ossutilconfig')
  await writeFile(config, '')
  return {
    OSS_ENDPOINT: proxy.url,
    OSS_ACCESS_KEY_ID: server.credentials.accessKeyId,
    OSS_ACCESS_KEY_SECRET: server.credentials.accessKeySecret,
    OSS_SESSION_TOKEN: '',
    OSS_REGION: '',
    OSSUTIL_CONFIG_FILE: config,
    OSSUTIL_PROFILE: '',
    XDG_STATE_HOME: join(directory, 'state'),
  }
}

function uploadCommand(file: string, object: string, size: number, plan: DemoPlan): string[] {
  const partSize = shortSize(plan.partSize)
  // By itself the command sends in one request what fits into one part.
  const inParts = size > 0 && plan.parts === 1 ? ['--bigfile-threshold', '0'] : []
  return ['cp', file, object, '--part-size', partSize, ...inParts]
}

async function showInterruption(
  upload: readonly string[],
  route: Route,
  options: CommandOptions,
): Promise<void> {
  const { course, plan } = route
  const command = startCommand(upload, options)
  const early = await Promise.race([course.reached.then(() => undefined), command.ended])
  throwIfInterrupted(early, options.signal)
  if (early !== undefined) throw new Error(`The upload ended with ${early} and not by our hand.`)
  command.child.kill('SIGKILL')
  await command.ended
  route.lifted = true
  // The bar of the killed command still stands in its line.
  if (process.stderr.isTTY) process.stderr.write('\n')
  if (course.cut === undefined) throw new Error('No connection was cut.')
  const { partNumber, after, of } = course.cut
  console.log(
    `${colors.yellow('cut')}: part ${partNumber} lost its connection after ${formatSize(after)} of ${formatSize(of)}`,
  )
  console.log(
    `${colors.yellow('killed')}: the command, with SIGKILL, when ${plan.partsBeforeKill} of ${plural(plan.parts, 'part')} had been answered. The server has:`,
  )
}

async function showResume(
  upload: readonly string[],
  route: Route,
  proxy: CuttingProxy,
  options: CommandOptions,
): Promise<void> {
  const before = proxy.requests.length
  await runCommand(upload, options)
  const { plan, listed } = route
  const answered = (requests: readonly SeenRequest[]): Set<number> =>
    new Set(
      requests.filter(({ status }) => status === 200).flatMap((seen) => partNumberOf(seen) ?? []),
    )
  const first = answered(proxy.requests.slice(0, before))
  const second = answered(proxy.requests.slice(before))
  const both = [...first].filter((partNumber) => second.has(partNumber))
  if (both.length > 0) throw new Error(`Sent although they were there: ${formatNumbers(both)}.`)
  if (first.size + second.size !== plan.parts) throw new Error('Not every part passed the proxy.')
  if (listed === undefined) throw new Error('No Complete passed the proxy.')

  console.log(
    `${colors.green('counted on the wire')}: ${plural(second.size, 'part')} sent now (${formatNumbers([...second])}), ${first.size} not sent again`,
  )
  console.log(
    `${colors.green('ListParts')}, just before Complete: ${plural(listed.parts, 'part')}, ${formatSize(listed.bytes)}`,
  )
}

async function showComparison(file: string, copy: string, { client, key }: Route): Promise<void> {
  const { size, sha256, md5, crc64 } = await compareFiles(file, copy)
  const { hashCrc64ecma } = await client.headObject({ bucket, key })
  if (crc64 !== hashCrc64ecma) {
    throw new Error(`The file has CRC-64 ${crc64}, and the server says ${hashCrc64ecma}.`)
  }
  console.log(`${colors.green('identical')}: ${size.toLocaleString('en-US')} bytes`)
  console.log(`  SHA-256  ${sha256}\n  MD5      ${md5}\n  CRC-64   ${crc64}, as the server says`)
}

function tellStep(number: number, title: string): void {
  console.log(`\n${colors.bold(`${number}. ${title}`)}`)
}
