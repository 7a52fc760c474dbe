/** The console in a browser, beside a service of its own. */

import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { OssClient } from '@lading/client/node'
import type { RunningServer, ServerOptions } from '@lading/server'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { startServer } from '../support/server.ts'

/** Built by the set-up. */
export const CONSOLE_DIRECTORY: string = fileURLToPath(
  new URL('../../packages/console/dist', import.meta.url),
)

const PICTURES = fileURLToPath(
  new URL('../../node_modules/.cache/lading/console-pictures/', import.meta.url),
)

export const MiB: number = 1024 * 1024

export async function startService(
  options: ServerOptions = {},
): Promise<{ readonly server: RunningServer; readonly client: OssClient }> {
  const server = await startServer({ console: { directory: CONSOLE_DIRECTORY }, ...options })
  const { url: endpoint, credentials } = server
  return { server, client: new OssClient({ endpoint, credentials }) }
}

export interface Taste {
  readonly language?: 'en' | 'zh-CN'
  readonly theme?: 'light' | 'dark'
  readonly width?: number
  readonly height?: number
}

/** A page of its own until the test is over, with nothing kept from others; what it complains of is an error. */
export async function openConsole(
  browser: Browser,
  server: RunningServer,
  { language = 'en', theme = 'light', width = 1180, height = 800 }: Taste = {},
  options: BrowserContextOptions = {},
): Promise<{ readonly page: Page; readonly complaints: string[] }> {
  const context = await browser.newContext({
    locale: language,
    timezoneId: 'Asia/Shanghai',
    colorScheme: theme,
    viewport: { width, height },
    reducedMotion: 'reduce',
    ...options,
  })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  await page.goto(`${server.url}/-/console/`)
  return { page, complaints }
}

export async function signIn(
  page: Page,
  { credentials }: RunningServer,
  { keep = false }: { readonly keep?: boolean } = {},
): Promise<void> {
  await page.locator('[name=accessKeyId]').fill(credentials.accessKeyId)
  await page.locator('[name=accessKeySecret]').fill(credentials.accessKeySecret)
  if (keep) await page.locator('[name=keep]').check()
  await page.locator('form button[type=submit]').click()
  await page.locator('.head nav').waitFor()
}

/** Shows another part of the console without loading it anew. */
export async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => {
    location.hash = to
  }, hash)
  await settled(page)
}

/** Waits until nothing is being loaded. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(
    () =>
      !document.querySelector('.loading') && !/Loading …|加载中……/.test(document.body.innerText),
  )
}

/** For people to look at; the folder is in node_modules/.cache. */
export async function takePicture(page: Page, name: string): Promise<void> {
  mkdirSync(PICTURES, { recursive: true })
  await page.screenshot({ path: `${PICTURES}${name}.png` })
}

/** Drops a file of so many parts of 8 MiB on the page; it takes no more memory than one of them. */
export async function dropFile(page: Page, name: string, parts: number): Promise<void> {
  await page.evaluate(
    ({ name, parts, size }) => {
      const part = new Blob([new Uint8Array(size)])
      const file = new File(
        Array.from({ length: parts }, () => part),
        name,
      )
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(file)
      for (const kind of ['dragenter', 'dragover', 'drop']) {
        document.body.dispatchEvent(
          new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }),
        )
      }
    },
    { name, parts, size: 8 * MiB },
  )
  await page.locator('.transfer').last().waitFor()
}
