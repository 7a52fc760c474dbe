import { BLOCK } from '../../packages/server/src/drivers/blob-layout.ts'
import { describeBlobStore } from '../../packages/server/src/ports/blob-store.contract.ts'
import { describeWithCeph, S3BlobStore, useEngine } from './engine.ts'

describeWithCeph('the contract over the gateway of a Ceph', () => {
  const engine = useEngine()

  const open = (pieceSize?: number) => async () => {
    const { keys } = engine
    const blobs = await S3BlobStore.open({ address: engine.fresh(), keys, pieceSize })
    return { blobs, close: () => blobs.close() }
  }

  describeBlobStore('s3', open())
  describeBlobStore('s3, of blobs that lie in many objects', open(BLOCK))
})
