import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OssClient } from '@lading/client/node'
import type { RunningServer } from '@lading/server'
import type { Browser, FileChooser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium, launchChromium } from './chromium.ts'
import {
  dropFile,
  goTo,
  MiB,
  openConsole,
  settled,
  signIn,
  startService,
  takePicture,
} from './console-page.ts'

const bucket = 'films'

/** Milliseconds, for a machine with much else to do. */
const PATIENTLY = { timeout: 60_000 }

let browser: Browser
let server: RunningServer
let client: OssClient
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lading-console-'))
  if (!hasChromium) return
  ;({ server, client } = await startService({
    buckets: [bucket],
    faults: [
      { operation: 'UploadPart', key: 'endless*', action: { kind: 'stall', at: 'request' } },
      // Slow enough to be stopped in the middle.
      {
        operation: 'UploadPart',
        key: 'slow.mov',
        partNumber: 3,
        times: 1,
        action: { kind: 'stall', at: 'request' },
      },
    ],
  }))
  browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
  await client?.close()
  await server?.close()
  await rm(directory, { recursive: true, force: true })
})

async function fileOf(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(directory, name)
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, bytes)
  return path
}

/** Bytes of which no two parts are the same. */
function patterned(size: number, salt: number): Uint8Array {
  const bytes = new Uint8Array(size)
  for (let at = 0; at < size; at += 4096) bytes.fill((at >> 12) * 7 + salt, at, at + 4096)
  return bytes
}

async function openObjects(page: Page, prefix = ''): Promise<void> {
  await goTo(page, `#/buckets/${bucket}/objects/${prefix}`)
}

/** The parts that a page sends from now on. */
function countParts(page: Page): number[] {
  const sent: number[] = []
  page.on('request', (request) => {
    const part = new URL(request.url()).searchParams.get('partNumber')
    if (request.method() === 'PUT' && part) sent.push(Number(part))
  })
  return sent
}

async function stored(key: string): Promise<Uint8Array> {
  const { body } = await client.getObject({ bucket, key })
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk.slice())
  return Buffer.concat(chunks)
}

describe.skipIf(!hasChromium)('uploads in the console', () => {
  test('an upload that a reload interrupts asks for just that file, refuses others with the reason, and sends only what is missing', async () => {
    const bytes = patterned(20 * MiB, 1)
    const path = await fileOf('slow.mov', bytes)
    const other = await fileOf('other/slow.mov', patterned(MiB, 2))
    const { page } = await openConsole(browser, server)
    page.on('dialog', (dialog) => void dialog.accept())
    await signIn(page, server, { keep: true })
    await openObjects(page)
    await page.locator('.file-button.main input').setInputFiles(path)
    await expect
      .poll(async () => {
        const { uploads } = await client.listMultipartUploads({ bucket, prefix: 'slow.mov' })
        const uploadId = uploads[0]?.uploadId ?? ''
        return (await client.listParts({ bucket, key: 'slow.mov', uploadId })).parts.length
      }, PATIENTLY)
      .toBe(2)
    await page.reload()
    await page.locator('.choose-again').waitFor()
    await takePicture(page, 'restored')
    expect(await page.locator('.choose-again').innerText()).toContain('slow.mov, 20 MB')
    const sent = countParts(page)
    await page.locator('.choose-again input').setInputFiles(other)
    await page.locator('.choose-again [role=alert]').waitFor()
    expect(await page.locator('.choose-again [role=alert]').innerText()).toContain('1 MB')
    await page.locator('.choose-again input').setInputFiles(path)
    await page.locator('.transfer.done').waitFor()
    expect([...new Set(sent)]).toEqual([3])
    expect(Buffer.compare(await stored('slow.mov'), bytes)).toBe(0)
    await page.reload()
    await page.locator('.list').waitFor()
    expect(await page.locator('.transfer').count()).toBe(0)
  })

  test('a file of 10,000 parts is one canvas, one table of a page, and no more of the document than a small one', async () => {
    const { page } = await openConsole(browser, server)
    await signIn(page, server)
    await openObjects(page)
    const nodes = (): Promise<number> => page.evaluate(() => document.querySelectorAll('*').length)
    await dropFile(page, 'endless.mov', 10_000)
    await page.getByRole('button', { name: '10,000 parts' }).click()
    const canvas = page.locator('.parts canvas')
    await canvas.waitFor()
    expect(await nodes()).toBeLessThan(250)
    expect(await canvas.count()).toBe(1)
    expect(await canvas.getAttribute('role')).toBe('img')
    await expect
      .poll(() => page.locator('.parts .hint').innerText(), PATIENTLY)
      .toContain('10,000 parts of 8 MB each')
    await page.locator('.parts summary').click()
    await expect.poll(() => page.locator('.parts tbody tr').count(), PATIENTLY).toBe(100)
    await page.locator('.parts .pager button').last().click()
    await expect
      .poll(() => page.locator('.parts tbody th').first().innerText(), PATIENTLY)
      .toBe('101')
    await page.locator('.parts summary').click()
    await expect
      .poll(async () => {
        // Closing the list makes the page shorter, and the canvas may move away from under the pointer.
        await canvas.hover({ position: { x: 2, y: 2 } })
        return await page.locator('.pointed').innerText()
      }, PATIENTLY)
      // Whichever parts are hashed first are sent first, so that this one may have to wait.
      .toMatch(/^Part 1 · (waiting|sending) · 8 MB/)
    await takePicture(page, 'grid')
    await page.locator('.transfer-actions .icon-button').last().click()
    await page.getByRole('button', { name: 'Abort and delete its parts' }).click()
    await page.locator('.drawer').waitFor({ state: 'detached' })
    expect((await client.listMultipartUploads({ bucket, prefix: 'endless.mov' })).uploads).toEqual(
      [],
    )
  })

  test('files are paused, resumed and cancelled with their parts kept, and the list of transfers stays through navigation', async () => {
    const { page } = await openConsole(browser, server)
    await signIn(page, server)
    await openObjects(page)
    await dropFile(page, 'endless-2.mov', 4)
    await page.locator('.transfer.uploading').waitFor()
    await page.getByRole('button', { name: 'Pause endless-2.mov' }).click()
    await page.locator('.transfer.paused').waitFor()
    await goTo(page, '#/health')
    expect(await page.locator('.transfer.paused').count()).toBe(1)
    await page.getByRole('button', { name: 'Resume endless-2.mov' }).click()
    await page.locator('.transfer.uploading').waitFor()
    await page.getByRole('button', { name: 'Pause all' }).click()
    await page.locator('.transfer.paused').waitFor()
    await page.getByRole('button', { name: 'Cancel endless-2.mov' }).click()
    await page.getByRole('button', { name: 'Stop, keep its parts' }).click()
    await page.locator('.drawer').waitFor({ state: 'detached' })
    const { uploads } = await client.listMultipartUploads({ bucket, prefix: 'endless-2.mov' })
    expect(uploads).toHaveLength(1)
    for (const { key, uploadId } of uploads)
      await client.abortMultipartUpload({ bucket, key, uploadId })
  })

  test('a folder goes up with its folders, and is seen without loading the list anew', async () => {
    await fileOf('season/one/a.txt', new Uint8Array(10))
    await fileOf('season/two/b #2.txt', new Uint8Array(20))
    const { page } = await openConsole(browser, server)
    await signIn(page, server)
    await openObjects(page, 'series/')
    await page.locator('.file-button:not(.main) input').setInputFiles(join(directory, 'season'))
    await page.locator('.transfer.done').nth(1).waitFor()
    await page.getByRole('link', { name: 'season/' }).waitFor()
    const { contents } = await client.listObjectsV2({ bucket, prefix: 'series/' })
    expect(contents.map(({ key }) => key)).toEqual([
      'series/season/one/a.txt',
      'series/season/two/b #2.txt',
    ])
  })

  test('unfinished uploads are resumed by their file alone, and aborted only by whoever types how many', async () => {
    const bytes = patterned(3 * MiB, 3)
    const begin = async (key: string): Promise<void> => {
      const { uploadId } = await client.initiateMultipartUpload({ bucket, key })
      const body = bytes.subarray(0, MiB)
      await client.uploadPart({ bucket, key, uploadId, partNumber: 1, body })
    }
    for (const key of ['left/a.mov', 'left/b.mov', 'left/c.mov']) await begin(key)
    const right = await fileOf('a.mov', bytes)
    const wrong = await fileOf('wrong.mov', patterned(3 * MiB, 4))
    const { page } = await openConsole(browser, server)
    await signIn(page, server)
    await goTo(page, `#/buckets/${bucket}/uploads`)
    await page.locator('input[type=search]').fill('left/')
    await page.keyboard.press('Tab')
    await settled(page)
    const row = page.getByRole('row').filter({ hasText: 'left/a.mov' })
    expect(await row.innerText()).toContain('1 MB in 1 part')
    const sent = countParts(page)
    await row.locator('input[type=file]').setInputFiles(wrong)
    await page.locator('dialog [role=alert]').waitFor()
    expect(await page.locator('dialog').innerText()).toContain(
      'part 1 at the service has other bytes',
    )
    expect(sent).toEqual([])
    await page.keyboard.press('Escape')
    await row.locator('input[type=file]').setInputFiles(right)
    await page.locator('.transfer.done').waitFor()
    expect([...sent].sort()).toEqual([2, 3])
    expect(Buffer.compare(await stored('left/a.mov'), bytes)).toBe(0)

    await row.waitFor({ state: 'detached' })
    await page.getByRole('checkbox').first().check()
    await page.getByRole('button', { name: 'Abort 2 selected' }).click()
    const sure = page.locator('dialog button[type=submit]')
    expect(await sure.isDisabled()).toBe(true)
    await page.locator('dialog input').fill('3')
    expect(await sure.isDisabled()).toBe(true)
    await page.locator('dialog input').fill('2')
    await sure.click()
    await page.locator('.empty').waitFor()
    expect((await client.listMultipartUploads({ bucket, prefix: 'left/' })).uploads).toEqual([])
  })

  test('everything can be done by keyboard alone', async () => {
    const path = await fileOf('typed.txt', new TextEncoder().encode('typed'))
    const { page } = await openConsole(browser, server, {}, { acceptDownloads: true })
    // The browser is told here to hand it over, and a key that comes too soon would open it for nobody.
    const choosing = new Promise<FileChooser>((resolve) => void page.once('filechooser', resolve))
    const reached = async (isIt: (element: Element) => boolean, what: string): Promise<void> => {
      for (let step = 0; step < 80; step += 1) {
        await page.keyboard.press('Tab')
        const there = await page.evaluate(`(${isIt.toString()})(document.activeElement)`)
        if (there) return
      }
      throw new Error(`Eighty times Tab did not lead to ${what}.`)
    }
    const { accessKeyId, accessKeySecret } = server.credentials
    await reached((element) => element.getAttribute('name') === 'accessKeyId', 'the key id')
    await page.keyboard.type(accessKeyId)
    await page.keyboard.press('Tab')
    await page.keyboard.type(accessKeySecret)
    await page.keyboard.press('Enter')
    await page.locator('.list').waitFor()

    await reached((element) => element.textContent === 'films', 'the bucket')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'films' }).waitFor()
    await settled(page)
    await reached((element) => element.matches('.file-button.main input'), 'the upload button')
    await page.keyboard.press('Space')
    await (await choosing).setFiles(path)
    await page.locator('.transfer.done').waitFor()
    await page.getByRole('button', { name: 'typed.txt', exact: true }).waitFor()

    await page.locator('main').focus()
    await reached(
      (element) => element.matches('button.name') && element.textContent === 'typed.txt',
      'the object',
    )
    await page.keyboard.press('Enter')
    await page.locator('dialog .facts').first().waitFor()
    const opened = page.waitForEvent('download')
    await reached((element) => element.textContent === 'Download', 'the download')
    await page.keyboard.press('Enter')
    expect((await opened).suggestedFilename()).toBe('typed.txt')
    await reached((element) => element.textContent === 'Delete', 'the deletion')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Delete this object?' }).waitFor()
    await reached((element) => element.matches('dialog button.bad'), 'its confirmation')
    await page.keyboard.press('Enter')
    await page
      .getByRole('button', { name: 'typed.txt', exact: true })
      .waitFor({ state: 'detached' })

    await reached((element) => element.textContent === 'Clear finished', 'the clearing')
    await page.keyboard.press('Enter')
    await page.locator('.drawer').waitFor({ state: 'detached' })
    await reached((element) => element.textContent === 'Unfinished uploads', 'the other side')
    await page.keyboard.press('Enter')
    await page.locator('.empty').waitFor()
    await reached((element) => element.textContent === 'Sign out', 'the way out')
    await page.keyboard.press('Enter')
    await page.locator('.sign-in').waitFor()
  })
})
