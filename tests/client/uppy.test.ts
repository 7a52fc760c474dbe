/** The Uppy plugin, steered as Uppy's dashboard steers it, against a server. */

import { fileCheckpoints, type OssClient, OssError, TransportError } from '@lading/client/node'
import type { ServerOptions } from '@lading/server'
import { parseFault } from '@lading/server/testing'
import { OssUpload, type OssUploadOptions, type UploadedObject } from '@lading/uppy'
import { type Meta, Uppy, type UppyFile } from '@uppy/core'
import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest'
import { temporaryDirectory } from '../support/temporary.ts'
import { until } from '../support/until.ts'
import { BUCKET, bytesOf, KiB, randomContent, type Service, startService } from './service.ts'

const partSize = 100 * KiB

const silent = { debug() {}, warn() {}, error() {} }

interface Page {
  readonly service: Service
  readonly uppy: Uppy<Meta, UploadedObject>
  add(name: string, bytes: Uint8Array<ArrayBuffer>): string
  file(id: string): UppyFile<Meta, UploadedObject>
}

/** A service, and Uppy with the plugin; `visit` is a page that is loaded anew. */
async function startPage(
  server: ServerOptions = {},
  options: Partial<OssUploadOptions> = {},
): Promise<Page & { visit(): Page }> {
  const service = await startService(server)
  const checkpoint = fileCheckpoints({ directory: await temporaryDirectory() })
  const visit = (): Page => {
    const uppy = new Uppy<Meta, UploadedObject>({ logger: silent })
    uppy.use(OssUpload, {
      client: service.client,
      target: (file: UppyFile<Meta, UploadedObject>) => ({ bucket: BUCKET, key: file.name }),
      uploadOptions: { partSize, parallel: 2 },
      checkpoint,
      ...options,
    })
    onTestFinished(() => uppy.destroy())
    return {
      service,
      uppy,
      add: (name, bytes) =>
        uppy.addFile(new File([bytes], name, { type: 'video/quicktime', lastModified: 1 })),
      file: (id) => uppy.getFile(id),
    }
  }
  return { ...visit(), visit }
}

async function stored(client: OssClient, key: string): Promise<Buffer> {
  return bytesOf((await client.getObject({ bucket: BUCKET, key })).body)
}

async function openUploads(client: OssClient): Promise<number> {
  return (await client.listMultipartUploads({ bucket: BUCKET })).uploads.length
}

function signal(): [Promise<void>, () => void] {
  let tell = (): void => {}
  const told = new Promise<void>((resolve) => {
    tell = resolve
  })
  return [told, tell]
}

/** Every part of this key takes so long that a test can do something meanwhile. */
const slowly = (key: string, ms = 150) => ({
  faults: [parseFault(`UploadPart,key=${key},delay=${ms}`)],
})

describe('uploading', () => {
  test('files go up in parallel parts, and Uppy is told what became of them', async () => {
    const { service, uppy, add } = await startPage()
    const contents = [1, 2, 3].map((parts) => randomContent(parts * partSize + 7))
    contents.forEach((bytes, index) => {
      add(`${index}.mov`, bytes)
    })
    const result = await uppy.upload()
    expect(result?.failed).toEqual([])
    for (const [index, bytes] of contents.entries()) {
      expect(await stored(service.client, `${index}.mov`)).toEqual(Buffer.from(bytes))
      const { response, progress } = result?.successful?.[index] ?? {}
      expect(response?.body).toMatchObject({
        bucket: BUCKET,
        key: `${index}.mov`,
        size: bytes.length,
        parts: index + 2,
        resumedParts: 0,
        verified: ['etag', 'crc64'],
      })
      expect(progress).toMatchObject({ percentage: 100, bytesUploaded: bytes.length })
    }
    const head = await service.client.headObject({ bucket: BUCKET, key: '0.mov' })
    expect(head.contentType).toBe('video/quicktime')
  })

  test('Uppy can keep in JSON what it is told of an object', async () => {
    const { uppy, add } = await startPage()
    add('a.mov', randomContent(10))
    const result = await uppy.upload()
    const body = result?.successful?.[0]?.response?.body
    expect(JSON.parse(JSON.stringify(body))).toEqual({ ...body, versionId: undefined })
    expect(body?.hashCrc64ecma).toMatch(/^[0-9]+$/)
  })

  test('progress is told by bytes, and never goes down', async () => {
    const { uppy, add } = await startPage({}, { uploadOptions: { partSize, parallel: 1 } })
    const seen: number[] = []
    uppy.on('upload-progress', (_, { bytesUploaded, bytesTotal }) => {
      expect(bytesTotal).toBe(4 * partSize)
      seen.push(bytesUploaded)
    })
    add('a.mov', randomContent(4 * partSize))
    await uppy.upload()
    expect(seen.length).toBeGreaterThan(4)
    expect(seen).toEqual([...seen].sort((left, right) => left - right))
    expect(seen.at(-1)).toBe(4 * partSize)
  })

  test('no more files are under way at a time than it is told', async () => {
    const { service, uppy, add } = await startPage(slowly('*', 60), { filesAtATime: 2 })
    let most = 0
    uppy.on('upload-progress', async () => {
      most = Math.max(most, await openUploads(service.client))
    })
    for (const name of ['a', 'b', 'c', 'd']) add(name, randomContent(2 * partSize))
    const result = await uppy.upload()
    expect(result?.successful).toHaveLength(4)
    expect(most).toBe(2)
  })

  test('what Uppy restricts never comes to be uploaded', async () => {
    const { uppy } = await startPage()
    uppy.setOptions({ restrictions: { maxFileSize: 10 } })
    expect(() => uppy.addFile(new File([new Uint8Array(11)], 'big'))).toThrow(/exceeds/)
    expect(uppy.getFiles()).toEqual([])
  })
})

describe('pausing', () => {
  test('a paused file sends nothing, lets others go on, and goes on where it was', async () => {
    const page = await startPage(slowly('held.mov'), { filesAtATime: 1 })
    const { service, uppy, add, file } = page
    const bytes = randomContent(6 * partSize)
    const held = add('held.mov', bytes)
    const other = add('other.mov', randomContent(partSize))
    const uploading = uppy.upload()
    await service.count('UploadPart', 1)
    uppy.pauseResume(held)
    await until(() => file(other).progress.uploadComplete === true)
    expect(file(held).progress.uploadComplete).toBe(false)
    uppy.pauseResume(held)
    const result = await uploading
    expect(result?.successful).toHaveLength(2)
    expect(await stored(service.client, 'held.mov')).toEqual(Buffer.from(bytes))
  })

  test('all files pause and go on together', async () => {
    const { service, uppy, add } = await startPage(slowly('*'))
    const ids = ['a', 'b'].map((name) => add(name, randomContent(5 * partSize)))
    const uploading = uppy.upload()
    await service.count('UploadPart', 2)
    uppy.pauseAll()
    expect(uppy.getFilesByIds(ids).map(({ isPaused }) => isPaused)).toEqual([true, true])
    uppy.resumeAll()
    expect((await uploading)?.successful).toHaveLength(2)
  })

  test('the dashboard is told that uploads can be paused, until the plugin is removed', async () => {
    const { uppy } = await startPage()
    expect(uppy.getState().capabilities.resumableUploads).toBe(true)
    const plugin = uppy.getPlugin('OssUpload')
    if (plugin) uppy.removePlugin(plugin)
    expect(uppy.getState().capabilities.resumableUploads).toBe(false)
  })

  test('offline everything waits, and online only what the user had not paused goes on', async () => {
    const { service, uppy, add, file } = await startPage(slowly('*'))
    const bytes = randomContent(6 * partSize)
    const [going, paused] = [add('going', bytes), add('paused', bytes)]
    const uploading = uppy.upload()
    await service.count('UploadPart', 2)
    uppy.pauseResume(paused)
    uppy.emit('is-offline')
    uppy.emit('back-online')
    await until(() => file(going).progress.uploadComplete === true)
    expect(file(paused).progress.uploadComplete).toBe(false)
    uppy.pauseResume(paused)
    expect((await uploading)?.successful).toHaveLength(2)
  })

  test.each(['before', 'after'])(
    'a file that fails for want of a network begins again, %s there is one',
    async (when) => {
      const { uppy, add, service } = await startPage()
      const plugin = uppy.getPlugin<OssUpload>('OssUpload')
      const [begun, begin] = signal()
      const [cut, cutOff] = signal()
      const transport = {
        async exchange(): Promise<never> {
          begin()
          await cut
          throw new TransportError('There is no network.')
        },
        close: async () => {},
      }
      plugin?.setOptions({ client: service.connect({ transport, retry: { retries: 0 } }) })
      add('late', randomContent(partSize))
      const uploading = uppy.upload()
      await begun
      uppy.emit('is-offline')
      plugin?.setOptions({ client: service.client })
      if (when === 'after') uppy.emit('back-online')
      cutOff()
      await new Promise((resolve) => setImmediate(resolve))
      if (when === 'before') uppy.emit('back-online')
      expect((await uploading)?.successful).toHaveLength(1)
    },
  )
})

describe('removing', () => {
  test('a file removed in mid-upload is aborted at the service', async () => {
    const { service, uppy, add } = await startPage(slowly('gone'))
    const gone = add('gone', randomContent(6 * partSize))
    add('stays', randomContent(partSize))
    const uploading = uppy.upload()
    await service.count('UploadPart', 2)
    uppy.removeFile(gone)
    expect((await uploading)?.successful).toHaveLength(1)
    await service.count('AbortMultipartUpload', 1)
    await until(async () => (await openUploads(service.client)) === 0)
  })

  test('cancelling all frees every part, also that of files that wait, are paused or have failed', async () => {
    const refusal = parseFault('CompleteMultipartUpload,key=failed,fail=AccessDenied')
    const { service, uppy, add, file } = await startPage(
      { faults: [refusal, ...slowly('[pw]*').faults, ...slowly('p*').faults] },
      { filesAtATime: 2 },
    )
    const failed = add('failed', randomContent(partSize))
    const paused = add('paused', randomContent(6 * partSize))
    add('running', randomContent(60 * partSize))
    add('waiting', randomContent(60 * partSize))
    const uploading = uppy.upload()
    await until(() => file(failed).error != null)
    uppy.pauseResume(paused)
    uppy.cancelAll()
    await uploading
    await until(async () => (await openUploads(service.client)) === 0)
    expect(uppy.getFiles()).toEqual([])
  })
})

describe('failing', () => {
  test("the dashboard shows the service's own words, its code and the request id", async () => {
    const fault = parseFault('InitiateMultipartUpload,fail=AccessDenied')
    const { uppy, add, file } = await startPage({ faults: [fault] })
    const id = add('a', randomContent(partSize))
    const result = await uppy.upload()
    expect(result?.failed).toHaveLength(1)
    expect(file(id).error).toMatch(/.+ \(AccessDenied, request [0-9A-F]{24}\)$/)
  })

  test('a retry sends only the parts that are missing', async () => {
    const fault = parseFault('UploadPart,key=a,part=4,fail=AccessDenied,times=1,nth=1')
    const page = await startPage({ faults: [fault] }, { uploadOptions: { partSize, parallel: 1 } })
    const { service, uppy, add } = page
    const bytes = randomContent(6 * partSize)
    const id = add('a', bytes)
    expect((await uppy.upload())?.failed).toHaveLength(1)
    const result = await uppy.retryUpload(id)
    expect(result?.successful?.[0]?.response?.body).toMatchObject({ parts: 6, resumedParts: 3 })
    expect(await stored(service.client, 'a')).toEqual(Buffer.from(bytes))
    expect(await openUploads(service.client)).toBe(0)
  })

  test('resuming all takes up again what had failed, as Uppy then shows it', async () => {
    const fault = parseFault('UploadPart,key=bad,part=2,fail=AccessDenied,times=1,nth=1')
    const faults = [fault, ...slowly('good').faults]
    const { service, uppy, add, file } = await startPage({ faults })
    const bad = add('bad', randomContent(3 * partSize))
    add('good', randomContent(6 * partSize))
    const uploading = uppy.upload()
    await until(() => file(bad).error != null)
    uppy.pauseAll()
    uppy.resumeAll()
    await uploading
    await until(() => file(bad).progress.uploadComplete === true)
    expect(await openUploads(service.client)).toBe(0)
  })

  test('the same file added on a later visit goes on with the missing parts only', async () => {
    const fault = parseFault('UploadPart,part=5,fail=AccessDenied,times=1,nth=1')
    const page = await startPage({ faults: [fault] }, { uploadOptions: { partSize, parallel: 1 } })
    const bytes = randomContent(6 * partSize)
    page.add('a', bytes)
    expect((await page.uppy.upload())?.failed).toHaveLength(1)
    const later = page.visit()
    later.add('a', bytes)
    const result = await later.uppy.upload()
    expect(result?.successful?.[0]?.response?.body).toMatchObject({ parts: 6, resumedParts: 4 })
    expect(await stored(page.service.client, 'a')).toEqual(Buffer.from(bytes))
  })

  test('a file whose bytes are gone is asked for again', async () => {
    const { uppy, file } = await startPage()
    const id = uppy.addFile({ name: 'ghost', data: new Blob([]) })
    uppy.setFileState(id, { data: undefined, isGhost: true })
    await uppy.upload()
    expect(file(id).error).toMatch(/^Choose this file again/)
  })

  test('a target that cannot be had fails its file and no other', async () => {
    const { uppy, add } = await startPage(
      {},
      {
        target: async ({ name }) => {
          if (name === 'bad') throw new OssError('AccessDenied', { message: 'Not yours.' })
          return { bucket: BUCKET, key: name }
        },
      },
    )
    add('bad', randomContent(10))
    add('good', randomContent(10))
    const result = await uppy.upload()
    expect(result?.failed?.map(({ error }) => error)).toEqual(['Not yours. (AccessDenied)'])
    expect(result?.successful).toHaveLength(1)
  })
})

test('its types say what Uppy gets', () => {
  expectTypeOf<OssUploadOptions['client']>().not.toBeAny()
  expectTypeOf<UppyFile<Meta, UploadedObject>['response']>()
    .exclude<undefined>()
    .toHaveProperty('body')
    .exclude<undefined>()
    .toHaveProperty('etag')
    .toEqualTypeOf<string>()
  // @ts-expect-error the plugin needs a client and a target
  expect(() => new Uppy<Meta, UploadedObject>().use(OssUpload, {})).not.toThrow()
  const options = { client: undefined as never, target: () => ({ bucket: '', key: '' }) }
  expect(() =>
    new Uppy<Meta, UploadedObject>().use(OssUpload, { ...options, filesAtATime: 0 }),
  ).toThrow(RangeError)
})
