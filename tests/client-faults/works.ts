/** What a client is about when an operation meets a fault: for each operation, work that needs it. */

import { readFile, rm } from 'node:fs/promises'
import { copy, download, fileCheckpoints, type OssClient, upload } from '@lading/client/node'
import type { Verify } from './matrix.ts'
import type { Operation } from './wire-request.ts'

const KiB = 1024
export const PART_SIZE: number = 100 * KiB
export const PARTS = 3

/** The one part that faults in parts befall. */
export const FAULTY_PART = 2

/** Repetitions of each request: `TRIES` attempts in all. */
export const RETRIES = 2
export const TRIES: number = RETRIES + 1

export interface Bench {
  /** Where the object goes; nobody else uses the key. */
  readonly target: { readonly bucket: string; readonly key: string }
  /** Three parts of bytes, the last one shorter. */
  readonly content: Uint8Array<ArrayBuffer>
  /** The same bytes as a file. */
  readonly path: string
  readonly checkpoints: string
  /** What a download goes to. */
  readonly destination: string
  readonly verify: Verify | 'off'
  /** Milliseconds before each repetition that was told of. */
  readonly waits: number[]
  /** What the handle told in sentences. */
  readonly notices: string[]
  /** Of the upload that the handle named in the end. */
  uploadId: string | undefined
}

export interface Work {
  /** Brings about what the work begins with, by a client that meets no fault. */
  prepare?(bench: Bench, client: OssClient): Promise<void>
  /** Does it. Resolves only with what is proved, or rejects. */
  run(bench: Bench, client: OssClient): Promise<void>
  /** What the work makes: an object by default. */
  readonly makes?: 'object' | 'file' | 'nothing'
  /** When it fails, no upload stays. Default `false`: that is kept, to be resumed. */
  readonly cleansUp?: boolean
}

async function send(
  bench: Bench,
  client: OssClient,
  options: Parameters<typeof upload>[3],
): Promise<void> {
  const { path, target, verify } = bench
  const handle = upload(client, path, target, {
    partSize: PART_SIZE,
    parallel: 2,
    verify,
    onRetry: hearing(bench),
    onNotice: (notice) => void bench.notices.push(notice),
    ...options,
  })
  try {
    await handle.done
  } finally {
    bench.uploadId = handle.uploadId
  }
}

function hearing({ waits }: Bench): (notice: { readonly delayMs: number }) => void {
  return ({ delayMs }) => void waits.push(delayMs)
}

function remembered({ checkpoints }: Bench): { checkpoint: ReturnType<typeof fileCheckpoints> } {
  return { checkpoint: fileCheckpoints({ directory: checkpoints }) }
}

/** Sends the first part and breaks off, keeping it. */
async function breakOff(
  bench: Bench,
  client: OssClient,
  options: Parameters<typeof upload>[3],
): Promise<void> {
  const stop = new AbortController()
  const sending = send(bench, client, {
    ...options,
    parallel: 1,
    signal: stop.signal,
    onPart: () => stop.abort(new Error('That is enough.')),
  })
  await sending.catch((error: unknown) => {
    if (error !== stop.signal.reason) throw error
  })
}

const wholeUpload: Work = {
  run: (bench, client) => send(bench, client, remembered(bench)),
}

export const works: Readonly<Record<Operation, Work>> = {
  InitiateMultipartUpload: wholeUpload,
  UploadPart: wholeUpload,
  CompleteMultipartUpload: wholeUpload,
  ListParts: {
    prepare: (bench, client) => breakOff(bench, client, remembered(bench)),
    run: (bench, client) => send(bench, client, remembered(bench)),
  },
  ListMultipartUploads: {
    prepare: (bench, client) => breakOff(bench, client, {}),
    run: (bench, client) => send(bench, client, { findUpload: true }),
  },
  AbortMultipartUpload: {
    makes: 'nothing',
    async run(bench, client) {
      let begin = (): void => {}
      const begun = new Promise<void>((resolve) => {
        begin = resolve
      })
      const { path, target, verify } = bench
      const handle = upload(client, path, target, {
        ...remembered(bench),
        partSize: PART_SIZE,
        parallel: 1,
        verify,
        onPart: begin,
      })
      const done = handle.done.catch(() => {})
      await Promise.race([begun, done])
      bench.uploadId = handle.uploadId
      await handle.abort()
      await done
    },
  },
  PutObject: {
    run: (bench, client) => send(bench, client, { multipartThreshold: bench.content.length }),
  },
  HeadObject: {
    async prepare({ target, content }, client) {
      await client.putObject({ ...target, body: content })
    },
    run: (bench, client) =>
      send(bench, client, {
        multipartThreshold: bench.content.length,
        onExists: 'skip-if-same',
      }),
  },
  GetObject: {
    makes: 'file',
    async prepare({ target, content, destination }, client) {
      await rm(destination, { force: true })
      await client.putObject({ ...target, body: content })
    },
    async run(bench, client) {
      const options = { partSize: PART_SIZE, parallel: 2, onRetry: hearing(bench) }
      await download(client, bench.target, bench.destination, options).done
    },
  },
  UploadPartCopy: {
    cleansUp: true,
    async prepare({ target: { bucket, key }, path }, client) {
      await client.putObject({ bucket, key: `${key}.source`, body: await readFile(path) })
    },
    async run(bench, client) {
      const { target } = bench
      const source = { bucket: target.bucket, key: `${target.key}.source` }
      await copy(client, source, target, {
        multipartThreshold: 0,
        partSize: PART_SIZE,
        parallel: 2,
        onRetry: hearing(bench),
      }).done
    },
  },
}
