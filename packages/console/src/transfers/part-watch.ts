/** Sees parts leave: the engine tells of those that are stored, the transport of those on the way. */

import type { Transport } from '@lading/client'

export interface PartListener {
  /** A request with the part begins: its first, or a repetition. */
  began(partNumber: number, size: number | undefined): void
  /** It was answered by something else than success, or broke. */
  failed(partNumber: number): void
}

const listeners = new Map<string, PartListener>()

/** Tells `listener` of the parts of one upload, until the function returned is called. */
export function watchParts(uploadId: string, listener: PartListener): () => void {
  listeners.set(uploadId, listener)
  return () => {
    if (listeners.get(uploadId) === listener) listeners.delete(uploadId)
  }
}

/** The same transport; whoever watches an upload hears of its parts. */
export function watched(transport: Transport): Transport {
  return {
    async exchange(request, options) {
      const part = request.method === 'PUT' ? partOf(request.path) : undefined
      const listener = part && listeners.get(part.uploadId)
      if (!part || !listener) return transport.exchange(request, options)
      listener.began(part.partNumber, request.body?.size)
      try {
        const response = await transport.exchange(request, options)
        if (response.status >= 300) listener.failed(part.partNumber)
        return response
      } catch (error) {
        listener.failed(part.partNumber)
        throw error
      }
    },
    close: () => transport.close(),
  }
}

function partOf(path: string): { uploadId: string; partNumber: number } | undefined {
  const question = path.indexOf('?')
  if (question < 0) return undefined
  const query = new URLSearchParams(path.slice(question))
  const uploadId = query.get('uploadId')
  const partNumber = Number(query.get('partNumber'))
  return uploadId && partNumber > 0 ? { uploadId, partNumber } : undefined
}
