import type { OssClient } from '@lading/client/node'
import type { RunningServer } from '@lading/server'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
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
  type Taste,
  takePicture,
} from './console-page.ts'

let browser: Browser
let server: RunningServer
let client: OssClient

beforeAll(async () => {
  if (!hasChromium) return
  ;({ server, client } = await startService({ buckets: ['films', 'empty-bucket', 'backups-2026'] }))
  const bucket = 'films'
  const keys = [
    '2026/harbour.mov',
    'notes.txt',
    '说明 100% #1.txt',
    'trailers/one.mp4',
    'cover.jpg',
  ]
  for (const key of keys) {
    const metadata = { author: 'Zhang Wei', checked: 'yes' }
    const contentType = key.endsWith('.txt') ? 'text/plain' : 'video/mp4'
    await client.putObject({ bucket, key, contentType, metadata, body: new Uint8Array(300_000) })
  }
  for (const key of ['2026/crossing.mov', 'archive/reel-1.mxf']) {
    const { uploadId } = await client.initiateMultipartUpload({ bucket, key })
    for (const partNumber of [1, 2]) {
      await client.uploadPart({ bucket, key, uploadId, partNumber, body: new Uint8Array(MiB) })
    }
  }
  browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
  await client?.close()
  await server?.close()
})

/** Every view, and what brings it up. */
const views: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  buckets: (page) => goTo(page, '#/'),
  'create-bucket': async (page) => {
    await page.locator('.title-row .main').click()
  },
  objects: (page) => goTo(page, '#/buckets/films/objects/'),
  folder: (page) => goTo(page, '#/buckets/films/objects/2026/'),
  empty: (page) => goTo(page, '#/buckets/empty-bucket/objects/'),
  details: async (page) => {
    await goTo(page, '#/buckets/films/objects/')
    await page.getByRole('button', { name: '说明 100% #1.txt', exact: true }).click()
    await page.locator('dialog .facts').first().waitFor()
  },
  delete: async (page) => {
    await page.getByRole('checkbox').nth(1).check()
    await page.getByRole('checkbox').nth(2).check()
    await page.locator('.tools button.bad').click()
  },
  unfinished: async (page) => {
    await goTo(page, '#/buckets/films/uploads')
    await settled(page)
  },
  abort: async (page) => {
    await page.locator('.tools button.bad').last().click()
  },
  health: (page) => goTo(page, '#/health'),
  refused: (page) => goTo(page, '#/buckets/no-such-bucket/objects/'),
  transfers: async (page) => {
    await goTo(page, '#/buckets/films/objects/')
    await dropFile(page, 'harbour at night.mov', 3)
    await dropFile(page, 'reading.txt', 1)
    await page.locator('.transfer.done').nth(1).waitFor()
    await page.locator('.transfer-actions button[aria-expanded]').first().click()
    await page.locator('.parts canvas').waitFor()
    await page.locator('.parts summary').click()
  },
}

const tastes: readonly (Taste & { readonly language: 'en' | 'zh-CN' })[] = [
  { language: 'en', theme: 'light' },
  { language: 'en', theme: 'dark' },
  { language: 'zh-CN', theme: 'light' },
  { language: 'zh-CN', theme: 'dark' },
]

describe.skipIf(!hasChromium)('every view of the console', () => {
  test.each(tastes)(
    'in $language and $theme satisfies axe, and its picture is taken',
    async (taste) => {
      const { page, complaints } = await openConsole(browser, server, taste)
      const found: Record<string, unknown> = {}
      const look = async (view: string): Promise<void> => {
        await takePicture(page, `${view}-${taste.language}-${taste.theme}`)
        found[view] = await violations(page)
      }
      expect(await page.evaluate(() => document.documentElement.lang)).toBe(taste.language)
      await look('sign-in')
      await signIn(page, server)
      for (const [name, show] of Object.entries(views)) {
        await show(page)
        await look(name)
        if (await page.locator('dialog[open]').count()) await page.keyboard.press('Escape')
      }
      for (const [view, faults] of Object.entries(found)) expect(faults, view).toEqual([])
      // The refusal of the missing bucket is one that the browser notes as well.
      expect(complaints.filter((text) => !text.includes('404'))).toEqual([])
    },
  )

  test('at 320 pixels nothing has to be scrolled sideways', async () => {
    const { page } = await openConsole(browser, server, { width: 320, height: 640 })
    const widths: Record<string, number> = {}
    const look = async (view: string): Promise<void> => {
      await takePicture(page, `narrow-${view}`)
      widths[view] = await page.evaluate(() => document.documentElement.scrollWidth)
    }
    await look('sign-in')
    await signIn(page, server)
    for (const [name, show] of Object.entries(views)) {
      await show(page)
      await look(name)
      if (await page.locator('dialog[open]').count()) await page.keyboard.press('Escape')
    }
    for (const [view, width] of Object.entries(widths)) expect(width, view).toBeLessThanOrEqual(320)
  })
})

interface AxeResults {
  readonly violations: readonly {
    readonly id: string
    readonly nodes: readonly { readonly html: string }[]
  }[]
}

/** What axe finds fault with. */
async function violations(page: Page): Promise<readonly unknown[]> {
  const isThere = await page.evaluate('typeof axe === "object"')
  // Through the debugger, which the page's policy does not bind.
  if (!isThere) await page.evaluate(axe.source)
  const found: AxeResults = await page.evaluate('axe.run()')
  return found.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])
}
