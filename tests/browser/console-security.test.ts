import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { OssClient } from '@lading/client/node'
import type { RunningServer } from '@lading/server'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium, launchChromium } from './chromium.ts'
import {
  CONSOLE_DIRECTORY,
  goTo,
  openConsole,
  settled,
  signIn,
  startService,
} from './console-page.ts'

const bucket = 'films'

let browser: Browser
let server: RunningServer
let client: OssClient

beforeAll(async () => {
  if (!hasChromium) return
  ;({ server, client } = await startService({ buckets: [bucket] }))
  browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
  await client?.close()
  await server?.close()
})

const EVIL = `<!doctype html><title>evil</title><body><script>
  document.title = 'ran'
  document.body.textContent = JSON.stringify([sessionStorage.getItem('lading.session'), document.cookie])
</script>`

/** Each of them has to stop something. */
const DIRECTIVES = [
  'script-src-elem',
  'script-src-attr',
  'img-src',
  'form-action',
  'frame-src',
  'connect-src',
]

async function put(key: string, contentType: string, text: string): Promise<string> {
  await client.putObject({ bucket, key, contentType, body: new TextEncoder().encode(text) })
  const { url } = await client.presign({ bucket, key, method: 'GET' })
  return url
}

describe.skipIf(!hasChromium)('the console and what is stored beside it', () => {
  test('a stored page is opened beside the signed-in console, runs no script, and reads neither its storage nor its cookies', async () => {
    const { page } = await openConsole(browser, server)
    await signIn(page, server, { keep: true })
    const kept = () => page.evaluate(() => sessionStorage.getItem('lading.session'))
    expect(await kept()).toContain(server.credentials.accessKeySecret)
    for (const [key, type, text] of [
      ['evil.html', 'text/html', EVIL],
      [
        'evil.svg',
        'image/svg+xml',
        '<svg xmlns="http://www.w3.org/2000/svg"><script>document.title="ran"</script><title>still</title></svg>',
      ],
      ['evil.txt', 'text/plain', EVIL],
    ] as const) {
      const url = await put(key, type, text)
      expect(new URL(url).origin).toBe(server.url)
      // In the same tab, which is where the storage is.
      const answer = await page.goto(url)
      expect(answer?.headers()).toMatchObject({
        'content-security-policy': 'sandbox',
        'x-content-type-options': 'nosniff',
      })
      expect(await page.title(), key).not.toBe('ran')
      expect(await page.content()).not.toContain(server.credentials.accessKeySecret)
      // Even a script that somehow ran has an origin of its own there.
      expect(await page.evaluate(() => self.origin)).toBe('null')
      await page.goto(`${server.url}/-/console/`)
      expect(await kept()).toContain(server.credentials.accessKeySecret)
    }
  })

  test('refusals, lists and buckets that are missing come in the sandbox as well, and so does what a bucket calls -/console/', async () => {
    await put('-/console/index.html', 'text/html', EVIL)
    for (const path of [
      '/',
      '/films',
      '/films/',
      '/no-such-bucket/x',
      '/films/-/console/index.html',
      '/-/x',
      '/-/console/x',
      '/-/health/live',
    ]) {
      const { headers } = await fetch(`${server.url}${path}`)
      expect(headers.get('content-security-policy'), path).toBe('sandbox')
      expect(headers.get('x-content-type-options'), path).toBe('nosniff')
    }
  })

  test('a bucket with a host of its own is another origin, and left as it was', async () => {
    const { default: http } = await import('node:http')
    const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
      const host = `films.localhost:${server.port}`
      http
        .get(
          { port: server.port, host: '127.0.0.1', path: '/-/console/', headers: { host } },
          (answer) => {
            answer.resume()
            resolve(answer.headers)
          },
        )
        .on('error', reject)
    })
    expect(headers['content-security-policy']).toBeUndefined()
    expect(headers['content-type']).toBe('application/xml')
  })

  test('the policy lets no injected script run: inline, by attribute, from the same origin, from a blob, or by eval', async () => {
    const { page } = await openConsole(browser, server)
    await signIn(page, server)
    await client.putBucketAcl({ bucket, acl: 'public-read' })
    await put('evil.js', 'text/javascript', 'window.ran = "a stored object"')
    const blocked = await page.evaluate(
      async ({ stored, wanted }) => {
        const violated: string[] = []
        document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
          violated.push(`${violatedDirective} ${blockedURI}`),
        )
        const add = (fill: (script: HTMLScriptElement) => void): void => {
          const script = document.createElement('script')
          fill(script)
          document.body.append(script)
        }
        add((script) => {
          script.textContent = 'window.ran = "inline"'
        })
        add((script) => {
          script.src = stored
        })
        add((script) => {
          script.src = URL.createObjectURL(new Blob(['window.ran = "a blob"']))
        })
        const holder = document.createElement('div')
        holder.innerHTML =
          '<img src="x" onerror="window.ran = \'an attribute\'"><form action="/films"></form>'
        document.body.append(holder)
        holder.querySelector('form')?.submit()
        const frame = document.createElement('iframe')
        frame.src = stored
        document.body.append(frame)
        const other = await fetch('https://example.com/').catch(() => 'refused')
        const missing = (): boolean =>
          wanted.some((name) => !violated.some((text) => text.startsWith(`${name} `)))
        while (missing()) await new Promise((resolve) => requestAnimationFrame(resolve))
        return { ran: Reflect.get(window, 'ran'), other }
      },
      { stored: `${server.url}/films/evil.js`, wanted: DIRECTIVES },
    )
    expect(blocked.ran).toBeUndefined()
    expect(blocked.other).toBe('refused')
    await client.putBucketAcl({ bucket, acl: 'private' })
  })

  test('markup in keys, folders, metadata, media types and error messages is shown as it is, and never becomes markup', async () => {
    const markup = '<img src=x onerror="window.ran=1"><b class=injected>bold'
    await client.putObject({
      bucket,
      key: `${markup}.txt`,
      contentType: `text/plain; x="${markup}"`,
      metadata: { note: markup },
      body: new Uint8Array(3),
    })
    await client.putObject({ bucket, key: `${markup}/inside`, body: new Uint8Array(3) })
    await client.initiateMultipartUpload({ bucket, key: `${markup}.mov` })
    const { page, complaints } = await openConsole(browser, server)
    await signIn(page, server)
    const clean = async (view: string): Promise<void> => {
      expect(await page.locator('.injected').count(), view).toBe(0)
      expect(await page.evaluate(() => Reflect.get(window, 'ran')), view).toBeUndefined()
    }
    await goTo(page, `#/buckets/${bucket}/objects/`)
    await clean('objects')
    await page.getByRole('button', { name: `${markup}.txt`, exact: true }).click()
    await page.locator('dialog .facts').first().waitFor()
    expect(await page.locator('dialog').innerText()).toContain(markup)
    await clean('details')
    await page.keyboard.press('Escape')
    await goTo(page, `#/buckets/${bucket}/objects/${encodeURIComponent(markup)}/`)
    expect(await page.locator('.crumbs').innerText()).toContain(markup.slice(0, 12))
    await clean('folder')
    await goTo(page, `#/buckets/${bucket}/uploads`)
    await settled(page)
    await clean('uploads')
    await goTo(page, `#/buckets/${encodeURIComponent(markup)}/objects/`)
    await page.locator('.note.bad').waitFor()
    await clean('refusal')
    await goTo(page, `#/buckets/${bucket}/objects/`)
    const name = `${markup} again.txt`
    await page
      .locator('.file-button input')
      .first()
      .setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from('x') })
    await page.locator('.transfer.done').waitFor()
    await clean('transfers')
    expect(complaints.filter((text) => !/40[034]/.test(text))).toEqual([])
  })

  test('no address that the console asks for holds a key, and nothing is asked of anybody else', async () => {
    const { page } = await openConsole(browser, server)
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    await signIn(page, server, { keep: true })
    await goTo(page, `#/buckets/${bucket}/objects/`)
    await page.reload()
    await page.locator('.list').waitFor()
    await goTo(page, '#/health')
    expect(asked.length).toBeGreaterThan(4)
    for (const url of [...asked, page.url()]) {
      expect(url).not.toContain(server.credentials.accessKeySecret)
      expect(new URL(url).origin).toBe(server.url)
    }
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.locator('.sign-in').waitFor()
    expect(
      await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }])),
    ).not.toContain(server.credentials.accessKeyId)
    await page.reload()
    await page.locator('.sign-in').waitFor()
  })

  test('a console on another origin is refused by the browser until the bucket’s CORS rules allow it, and says what is missing', async () => {
    const elsewhere = await serveElsewhere()
    const origin = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`
    try {
      const page = await browser.newPage({ locale: 'en' })
      await page.goto(`${origin}/index.html`)
      await page.locator('[name=endpoint]').fill(server.url)
      await page.locator('[name=accessKeyId]').fill(server.credentials.accessKeyId)
      await page.locator('[name=accessKeySecret]').fill(server.credentials.accessKeySecret)
      await page.locator('summary').click()
      await page.locator('[name=bucket]').fill(bucket)
      const submit = page.locator('form button[type=submit]')
      await submit.click()
      const refusal = page.locator('.note.bad')
      await refusal.waitFor()
      expect(await refusal.innerText()).toContain(origin)
      expect(await refusal.innerText()).toContain('CORS')
      await client.putBucketCors({
        bucket,
        rules: [
          {
            allowedOrigins: [origin],
            allowedMethods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
            allowedHeaders: ['*'],
            exposeHeaders: ['ETag', 'x-oss-request-id', 'x-oss-hash-crc64ecma'],
            maxAgeSeconds: 0,
          },
        ],
      })
      await submit.click()
      await page.locator('.head nav').waitFor()
      await page.close()
    } finally {
      await client.deleteBucketCors({ bucket })
      elsewhere.close()
    }
  })

  test('without a console nothing is served at its place, and answers are as they were', async () => {
    const plain = await startService({ console: undefined, buckets: [bucket] })
    const page = await fetch(`${plain.server.url}/-/console/`)
    expect(page.status).not.toBe(200)
    expect(page.headers.get('content-security-policy')).toBeNull()
    await plain.client.close()
    await plain.server.close()
  })
})

/** The built page as files, with no headers that say more than what they are. */
async function serveElsewhere(): Promise<Server> {
  const page = await readFile(`${CONSOLE_DIRECTORY}/index.html`)
  const listener = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end(page)
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  return listener
}
