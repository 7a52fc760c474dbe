/** Uploads in the page of `upload-page.ts`, driven from outside. */

import type { Page } from 'playwright-core'
import type { Lading } from './upload-page.ts'
import { BUCKET, credentials, KEY, MiB, type UploadWorld } from './upload-world.ts'

/** What a page's upload came to, or how far it is. */
export interface PageUpload {
  state: 'running' | 'done' | 'failed'
  size: number
  parts: number
  resumedParts: number
  verified: readonly string[]
  notices: string[]
  error: string
  /** How far bytes were when progress was told. */
  loaded: number[]
}

export interface BeginOptions {
  /** Stop once so many parts are stored: nothing more is sent until the page is gone. */
  readonly stopAfter?: number
  readonly retries?: number
  /** Default 2. */
  readonly parallel?: number
  /** Bytes per second. */
  readonly bandwidthLimit?: number
  /** Hash in the worker of the page. */
  readonly worker?: boolean
  readonly follow?: boolean
  /** Where keys, or signed URLs, come from: functions that the test gave the page. */
  readonly ask?: 'keys' | 'urls'
  /** Bytes. */
  readonly partSize?: number
  /** Of the file: what was chosen, or what lies in the origin's own file system. */
  readonly from?: 'input' | 'remembered'
  /** First see that the file is the one that the remembered upload began with. */
  readonly requireSame?: boolean
}

declare const lading: Lading
declare const run: PageUpload
declare const askKeys: () => Promise<{
  accessKeyId: string
  accessKeySecret: string
  securityToken: string
}>
declare const askUrl: (request: unknown) => Promise<never>

/** Begins an upload of the chosen file in the page; `ended` says what becomes of it. */
export async function begin(
  { endpoint }: Pick<UploadWorld, 'endpoint'>,
  page: Page,
  options: BeginOptions = {},
): Promise<void> {
  const given = { endpoint, keys: credentials, bucket: BUCKET, key: KEY, partSize: MiB, ...options }
  await page.evaluate(async (given) => {
    const { endpoint, bucket, key, partSize, ask } = given
    const target = { bucket, key }
    const client = new lading.UploadClient({
      endpoint,
      transport: lading.webTransport(),
      ...(ask === 'urls' && { presign: askUrl }),
      ...(ask !== 'urls' && { credentials: ask === 'keys' ? askKeys : given.keys }),
      retry: { baseDelayMs: 50, maxDelayMs: 500 },
    })
    const checkpoint = lading.indexedDbCheckpoints()
    const identity = { endpoint: client.endpoint, ...target, source: key }
    const input = document.querySelector('input')
    const handle = given.from === 'remembered' ? await checkpoint.recallFile(identity) : undefined
    const file = handle ? await handle.getFile() : input?.files?.[0]
    if (!file) throw new Error('There is no file.')
    const run: PageUpload = {
      state: 'running',
      size: 0,
      parts: 0,
      resumedParts: 0,
      verified: [],
      notices: [],
      error: '',
      loaded: [],
    }
    Object.assign(globalThis, { run })
    const failed = (error: unknown): void => {
      run.state = 'failed'
      run.error = `${error}`
    }
    if (given.requireSame) {
      const [remembered] = await checkpoint.list()
      if (!remembered) throw new Error('Nothing is remembered.')
      try {
        await lading.requireSameFile(client, remembered, file)
      } catch (error) {
        failed(error)
        return
      }
    }
    const hasher = given.worker
      ? lading.workerHasher(() => new Worker('/worker.js', { type: 'module' }))
      : undefined
    const others = lading.tellTabs(identity)
    let stored = 0
    const upload = lading.upload(client, file, target, {
      partSize,
      checkpoint,
      sourceName: key,
      parallel: given.parallel ?? 2,
      ...(hasher && { blobHasher: hasher }),
      ...(given.retries !== undefined && { retries: given.retries }),
      ...(given.bandwidthLimit !== undefined && { bandwidthLimit: given.bandwidthLimit }),
      onNotice: (notice) => run.notices.push(notice),
      onProgress(progress) {
        run.loaded.push(progress.loaded)
        others.tell(progress)
      },
      async onPart() {
        stored += 1
        if (stored >= (given.stopAfter ?? Number.POSITIVE_INFINITY)) await new Promise(() => {})
      },
    })
    Object.assign(globalThis, { upload })
    if (given.follow) lading.followNetwork(upload)
    upload.done.then(({ size, parts, resumedParts, verified }) => {
      Object.assign(run, { state: 'done', size, parts, resumedParts, verified })
    }, failed)
  }, given)
}

/** Resolves with what it came to. */
export async function ended(page: Page): Promise<PageUpload> {
  await page.waitForFunction(() => run.state !== 'running', undefined, {
    timeout: 250_000,
    polling: 100,
  })
  return page.evaluate(() => run)
}
