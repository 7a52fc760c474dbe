/** What becomes of a commit whose process was killed when it was written and nobody knew of it. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { OssWire } from '../support/oss-wire.ts'
import { canPreload, libraryOf } from '../support/preload.ts'
import { KEY_PAIR, serveProcess } from '../support/serve-process.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const BUCKET = 'crash-bucket'
const KEY = 'object'

test.runIf(canPreload)(
  'a part that a process was killed in committing is there, for all, once another commits',
  { timeout: 60_000 },
  async () => {
    const directory = await temporaryDirectory()
    const trigger = join(await temporaryDirectory(), 'now')
    const survivor = await serveProcess(directory)
    onTestFinished(() => survivor.kill())
    const victim = await serveProcess(directory, {
      env: {
        LD_PRELOAD: libraryOf(new URL('lmdb-moments.c', import.meta.url)),
        LADING_KILL_IN_COMMIT: trigger,
      },
    })
    onTestFinished(() => victim.kill())
    const wire = new OssWire({ port: survivor.port, credentials: KEY_PAIR })
    const dying = new OssWire({ port: victim.port, credentials: KEY_PAIR })
    await wire.putBucket(BUCKET)
    const uploadId = await wire.initiate(BUCKET, KEY)
    const partNumbers = async (): Promise<number[]> => [
      ...((await wire.listParts(BUCKET, KEY, uploadId)) ?? new Map<number, string>()).keys(),
    ]
    writeFileSync(trigger, '')
    const part = dying.uploadPart(BUCKET, KEY, uploadId, 1, new Uint8Array(102_400))
    await expect(part).rejects.toThrow()
    // Written and out of sight: why the rounds look only after a commit of the survivor.
    expect(await partNumbers()).toEqual([])
    expect((await wire.send('PUT', { bucket: BUCKET, key: 'other', body: 'other' })).status).toBe(
      200,
    )
    expect(await partNumbers()).toEqual([1])
    wire.close()
    dying.close()
  },
)
