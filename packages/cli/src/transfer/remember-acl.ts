/** The ACL of an object is said when its upload is completed; whoever resumes it has to know it. */

import type { Checkpoint, CheckpointSlot, CheckpointStore } from '@lading/client/node'
import type { ObjectOptions } from './object-options.ts'

export const aclHeader = 'x-oss-object-acl'

type Header = readonly [name: string, value: string]

/** `store`, keeping the ACL among what the upload was begun with; what it reads is without. */
export function rememberAcl(store: CheckpointStore, acl: ObjectOptions['acl']): CheckpointStore {
  return {
    async open(identity) {
      const slot = await store.open(identity)
      const { checkpoint } = slot
      return {
        checkpoint: checkpoint && withHeaders(checkpoint, (headers) => headers.filter(isOther)),
        ignored: slot.ignored,
        save: (saved) => slot.save(acl === undefined ? saved : withAcl(saved, acl)),
        remove: () => slot.remove(),
        close: () => slot.close(),
      } satisfies CheckpointSlot
    },
  }
}

function withAcl(checkpoint: Checkpoint, acl: string): Checkpoint {
  return withHeaders(checkpoint, (headers) => [...headers.filter(isOther), [aclHeader, acl]])
}

function isOther([name]: Header): boolean {
  return name !== aclHeader
}

function withHeaders(
  checkpoint: Checkpoint,
  change: (headers: readonly Header[]) => readonly Header[],
): Checkpoint {
  const headers = JSON.parse(checkpoint.attributes) as readonly Header[]
  return { ...checkpoint, attributes: JSON.stringify(change(headers)) }
}
