/** The examples as their visitors use them, in a browser. */

import { createHash, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OssClient } from '@lading/client/node'
import type { RunningServer } from '@lading/server'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import * as presignedPage from '../../examples/presigned-page/src/server.ts'
import * as reactUppy from '../../examples/react-uppy/src/server.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { until } from '../support/until.ts'
import { hasChromium, launchChromium } from './chromium.ts'
import { gateParts, type PartGate } from './part-gate.ts'

const BUCKET = 'uploads'
const MiB = 1024 * 1024

let browser: Browser

beforeAll(async () => {
  if (hasChromium) browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
})

/** On the disk, because a page that is loaded anew is to be given the very same. */
async function makeFile(name: string, size: number): Promise<{ path: string; sum: string }> {
  const bytes = randomBytes(size)
  const path = join(await temporaryDirectory(), name)
  await writeFile(path, bytes)
  return { path, sum: createHash('sha256').update(bytes).digest('hex') }
}

interface Visit {
  readonly context: BrowserContext
  readonly page: Page
  readonly parts: PartGate
  /** Errors of the page, and what its security policy blocked. */
  readonly complaints: readonly string[]
  /** All that the page was sent or sent as text. */
  readonly texts: readonly string[]
}

async function visit(url: string, storage: RunningServer): Promise<Visit> {
  const context = await browser.newContext()
  onTestFinished(() => context.close())
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const complaints: string[] = []
  const texts: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) complaints.push(message.text())
  })
  page.on('response', async (response) => {
    const request = response.request()
    texts.push(request.url(), JSON.stringify(request.headers()))
    if (response.url().startsWith(url)) texts.push(await response.text().catch(() => ''))
  })
  const parts = await gateParts(page, storage.url)
  await page.goto(url)
  return { context, page, parts, complaints, texts }
}

function connect({ url, credentials }: RunningServer): OssClient {
  const client = new OssClient({ endpoint: url, credentials })
  onTestFinished(() => client.close())
  return client
}

/** The SHA-256 of the one object whose key ends so. */
async function stored(client: OssClient, name: string): Promise<string> {
  const { contents } = await client.listObjectsV2({ bucket: BUCKET })
  const found = contents.filter(({ key }) => key.endsWith(`/${name}`))
  expect(found).toHaveLength(1)
  const { body } = await client.getObject({ bucket: BUCKET, key: found[0]?.key ?? '' })
  const hash = createHash('sha256')
  for await (const chunk of body) hash.update(chunk)
  return hash.digest('hex')
}

async function openUploads(client: OssClient): Promise<number> {
  return (await client.listMultipartUploads({ bucket: BUCKET })).uploads.length
}

describe.skipIf(!hasChromium)('examples/presigned-page', () => {
  let served: presignedPage.Served
  beforeAll(async () => {
    served = await presignedPage.serve()
  })
  afterAll(() => served?.close())

  test('uploads, and after a reload sends only the part that is missing; no secret reaches the page', async () => {
    const { storage, url } = served
    const client = connect(storage)
    const movie = await makeFile('movie.mov', 20 * MiB)
    const { page, parts, complaints, texts } = await visit(url, storage)
    parts.set((_, partNumber) => (partNumber === 3 ? 'hold' : 'pass'))
    await page.getByLabel('Files').setInputFiles(movie.path)
    await parts.whenStored('movie.mov', 2)

    await page.reload()
    await page.getByText('Not finished. Choose this file again to go on.').waitFor()
    parts.forget()
    parts.set(() => 'pass')
    await page.getByLabel('Files').setInputFiles(movie.path)
    await page.getByText('Uploaded in 3 parts; 2 of them were there before.').waitFor()
    expect(parts.stored('movie.mov')).toEqual([3])
    expect(await stored(client, 'movie.mov')).toBe(movie.sum)
    expect(complaints).toEqual([])
    expect(texts.join('\n')).toContain('x-oss-signature')
    expect(texts.join('\n')).not.toContain(storage.credentials.accessKeySecret)
  })

  test('refuses another file of the same name, with the reason, and goes on with the right one', async () => {
    const { storage, url } = served
    const right = await makeFile('draft.mov', 17 * MiB)
    const { page, parts } = await visit(url, storage)
    parts.set((_, partNumber) => (partNumber === 3 ? 'hold' : 'pass'))
    await page.getByLabel('Files').setInputFiles(right.path)
    await parts.whenStored('draft.mov', 2)
    await page.reload()
    parts.set(() => 'pass')
    const wrong = { name: 'draft.mov', mimeType: 'video/quicktime', buffer: randomBytes(17 * MiB) }
    await page.getByLabel('Files').setInputFiles(wrong)
    await page.getByText(/is not the draft.mov that this upload was begun with/).waitFor()
    await page.getByLabel('Files').setInputFiles(right.path)
    await page.getByText('Uploaded in 3 parts; 2 of them were there before.').waitFor()
    expect(await stored(connect(storage), 'draft.mov')).toBe(right.sum)
  })

  test('an upload is cancelled, now and on a later visit, and its parts are freed', async () => {
    const { storage, url } = served
    const client = connect(storage)
    const file = await makeFile('unwanted.mov', 9 * MiB)
    const { page, parts } = await visit(url, storage)
    parts.set((_, partNumber) => (partNumber === 2 ? 'hold' : 'pass'))
    for (const isLater of [false, true]) {
      parts.forget()
      await page.getByLabel('Files').setInputFiles(file.path)
      await parts.whenStored('unwanted.mov', 1)
      expect(await openUploads(client)).toBe(1)
      if (isLater) await page.reload()
      await page.getByRole('button', { name: 'Cancel' }).click()
      await until(async () => (await openUploads(client)) === 0)
      await page.getByRole('listitem').waitFor({ state: 'detached' })
    }
  })

  test('signs nothing for a key of another visitor', async () => {
    const { storage, url } = served
    const file = await makeFile('mine.txt', 1000)
    const { page } = await visit(url, storage)
    await page.getByLabel('Files').setInputFiles(file.path)
    await page.getByText('Uploaded in').waitFor()
    const { contents } = await connect(storage).listObjectsV2({ bucket: BUCKET })
    const key = contents.find((object) => object.key.endsWith('mine.txt'))?.key
    const ask = (page: Page): Promise<{ status: number; body: unknown }> =>
      page.evaluate(async (key) => {
        const asked = { operation: 'HeadObject', bucket: 'uploads', key }
        const response = await fetch('/sign', {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify(asked),
        })
        return { status: response.status, body: await response.json() }
      }, key)
    const { page: stranger } = await visit(url, storage)
    expect(await ask(stranger)).toEqual({
      status: 403,
      body: { code: 'AccessDenied', message: 'This page may not upload.' },
    })
    expect(await ask(page)).toMatchObject({ status: 200 })
  })
})

describe.skipIf(!hasChromium)("examples/react-uppy: the plugin under Uppy's dashboard", () => {
  let served: reactUppy.Served
  beforeAll(async () => {
    served = await reactUppy.serve()
  })
  afterAll(() => served?.close())

  async function add(page: Page, ...paths: readonly string[]): Promise<void> {
    await page
      .locator('input.uppy-Dashboard-input')
      .first()
      .setInputFiles([...paths])
  }

  const item = (page: Page, name: string) => page.locator('.uppy-Dashboard-Item', { hasText: name })

  test('uploads three files, of which one is paused and resumed', async () => {
    const { storage, url } = served
    const client = connect(storage)
    const files = await Promise.all([
      makeFile('first.bin', 20 * MiB),
      makeFile('second.bin', 9 * MiB),
      makeFile('third.bin', 1000),
    ])
    const { page, parts, complaints, texts } = await visit(url, storage)
    parts.set((key) => (key === 'first.bin' ? 'hold' : 'pass'))
    await add(page, ...files.map(({ path }) => path))
    await page.getByRole('button', { name: 'Upload 3 files' }).click()
    await item(page, 'first.bin').getByRole('button', { name: 'Pause upload' }).click()
    await parts.whenStored('second.bin', 2)
    parts.set(() => 'pass')
    await page
      .getByText(/2 of 3 files uploaded|Paused/)
      .first()
      .waitFor()
    expect(parts.stored('first.bin')).toEqual([])
    await item(page, 'first.bin').getByRole('button', { name: 'Resume upload' }).click()
    await page.getByText('Complete', { exact: true }).waitFor()
    for (const [index, name] of ['first.bin', 'second.bin', 'third.bin'].entries()) {
      expect(await stored(client, name)).toBe(files[index]?.sum)
    }
    expect(complaints).toEqual([])
    expect(texts.join('\n')).not.toContain(storage.credentials.accessKeySecret)
  })

  test('shows a lost connection and sends on retry what is missing; a file that is removed frees its parts', async () => {
    const { storage, url } = served
    const client = connect(storage)
    const [kept, dropped] = await Promise.all([
      makeFile('kept.bin', 20 * MiB),
      makeFile('dropped.bin', 20 * MiB),
    ])
    const { page, parts } = await visit(url, storage)
    parts.set((key, partNumber) => {
      if (partNumber < 3) return 'pass'
      return key === 'kept.bin' ? 'cut' : 'hold'
    })
    await add(page, kept.path, dropped.path)
    await page.getByRole('button', { name: 'Upload 2 files' }).click()
    await parts.whenStored('dropped.bin', 2)
    expect(await openUploads(client)).toBe(2)
    await item(page, 'dropped.bin').getByRole('button', { name: 'Remove file' }).click()
    await until(async () => (await openUploads(client)) === 1)

    const retry = item(page, 'kept.bin').getByRole('button', { name: 'Retry upload' })
    await retry.waitFor()
    parts.forget()
    parts.set(() => 'pass')
    await retry.click()
    await page.getByText('Complete', { exact: true }).waitFor()
    expect(parts.stored('kept.bin')).toEqual([3])
    expect(await stored(client, 'kept.bin')).toBe(kept.sum)
  })

  test('the same file, added again after a reload, goes on with the missing part; offline it waits', async () => {
    const { storage, url } = served
    const file = await makeFile('again.bin', 20 * MiB)
    const { context, page, parts } = await visit(url, storage)
    parts.set((_, partNumber) => (partNumber === 3 ? 'hold' : 'pass'))
    await add(page, file.path)
    await page.getByRole('button', { name: 'Upload 1 file' }).click()
    await parts.whenStored('again.bin', 2)
    await page.reload()
    parts.forget()
    await add(page, file.path)
    await page.getByRole('button', { name: 'Upload 1 file' }).click()
    await page.getByText(/Uploading: \d+%/).waitFor()
    await context.setOffline(true)
    await page.getByText('No Internet connection').first().waitFor()
    parts.set(() => 'pass')
    await context.setOffline(false)
    await page.getByText('Complete', { exact: true }).waitFor()
    expect(parts.stored('again.bin')).toEqual([3])
    expect(await stored(connect(storage), 'again.bin')).toBe(file.sum)
  })
})
