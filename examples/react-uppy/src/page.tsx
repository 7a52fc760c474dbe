/** The page: Uppy's dashboard in React, and the plugin that uploads. */

import { indexedDbCheckpoints, presignAt, webTransport } from '@lading/client/browser'
import { UploadClient } from '@lading/client/upload'
import { OssUpload, type UploadedObject, type UploadTarget } from '@lading/uppy'
import { type Meta, Uppy } from '@uppy/core'
import '@uppy/core/css/style.min.css'
import '@uppy/dashboard/css/style.min.css'
import Dashboard from '@uppy/react/dashboard'
import { type ReactElement, StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'

interface Storage {
  readonly endpoint: string
  readonly bucket: string
  /** What the keys of this visitor begin with. */
  readonly folder: string
}

function App({ storage }: { readonly storage: Storage }): ReactElement {
  // Once: a second one would upload the same files a second time.
  const [uppy] = useState(() => createUppy(storage))
  return (
    <>
      <h1>Upload</h1>
      <Dashboard uppy={uppy} proudlyDisplayPoweredByUppy={false} />
    </>
  )
}

function createUppy({ endpoint, bucket, folder }: Storage): Uppy<Meta, UploadedObject> {
  const presign = presignAt('/sign')
  const client = new UploadClient({ endpoint, presign, transport: webTransport() })
  return new Uppy<Meta, UploadedObject>().use(OssUpload, {
    client,
    target: ({ name }: { readonly name: string }): UploadTarget => ({ bucket, key: folder + name }),
    checkpoint: indexedDbCheckpoints(),
  })
}

async function main(): Promise<void> {
  const root = document.querySelector('#root')
  if (!root) throw new Error('The page has no #root.')
  const response = await fetch('/storage')
  if (!response.ok) throw new Error(await response.text())
  const storage: Storage = await response.json()
  createRoot(root).render(
    <StrictMode>
      <App storage={storage} />
    </StrictMode>,
  )
}

await main()
