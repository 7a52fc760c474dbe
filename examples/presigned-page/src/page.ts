/** The page: asks its backend where a file goes, and for a signature of each request, and uploads. */

import {
  fileName,
  followNetwork,
  indexedDbCheckpoints,
  presignAt,
  requireSameFile,
  webTransport,
} from '@lading/client/browser'
import { type Checkpoint, UploadClient, upload } from '@lading/client/upload'
import { messageOf, Row } from './row.ts'

interface Target {
  readonly endpoint: string
  readonly bucket: string
  readonly key: string
}

const presign = presignAt('/sign')
const checkpoints = indexedDbCheckpoints()
/** By the key that a file goes to. */
const rows = new Map<string, Row>()

const input = document.querySelector<HTMLInputElement>('#files')
input?.addEventListener('change', () => {
  for (const file of input.files ?? []) void send(file)
  input.value = ''
})
void showUnfinished()

async function send(file: File): Promise<void> {
  const name = fileName(file)
  const target = await targetOf(name)
  const row = rowOf(target.key, name)
  try {
    const client = connect(target.endpoint)
    const begun = (await checkpoints.list()).find(({ key }) => key === target.key)
    // Without it another file of that name would take the place of the parts that differ.
    if (begun) await requireSameFile(client, begun, file)
    const uploading = upload(client, file, target, {
      checkpoint: checkpoints,
      sourceName: name,
      contentType: file.type || 'application/octet-stream',
      onProgress: (progress) => row.show(progress),
    })
    followNetwork(uploading)
    row.steer(uploading)
    const { parts, resumedParts } = await uploading.done
    row.end(`Uploaded in ${parts} parts; ${resumedParts} of them were there before.`)
  } catch (error) {
    row.say(messageOf(error))
  }
}

/** A file's bytes do not outlive the page, so it has to be chosen again. */
async function showUnfinished(): Promise<void> {
  for (const begun of await checkpoints.list()) {
    const row = rowOf(begun.key, begun.source)
    row.say('Not finished. Choose this file again to go on.')
    row.onCancel(() => abandon(begun))
  }
}

async function abandon(begun: Checkpoint): Promise<void> {
  await connect(begun.endpoint).abortMultipartUpload(begun)
  await checkpoints.forget(begun)
}

async function targetOf(name: string): Promise<Target> {
  const response = await fetch('/target', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name }),
  })
  if (!response.ok) throw new Error(`There is no place for ${name}: ${await response.text()}`)
  return response.json()
}

function connect(endpoint: string): UploadClient {
  return new UploadClient({ endpoint, presign, transport: webTransport() })
}

function rowOf(key: string, name: string): Row {
  const row = rows.get(key) ?? new Row(name)
  rows.set(key, row)
  return row
}
