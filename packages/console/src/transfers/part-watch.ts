/** Sees parts leave: the engine tells of those that are stored, the transport of those on the way. */

import type { Transport } from '@lading/client'

export interface PartListener {
  /** A request with the part begins: its first, or a repetition. */
  began(partNumber: number, size: number | undefined): void
  /** It was answered by something else than success, or broke. */
  failed(partNumber: number): void
}

const listeners = new Map<string, PartListener>()

/** Sizes by part number: the first parts leave before anybody knows the id to watch. */
const underWay = new Map<string, Map<number, number | undefined>>()

/**
 * Tells `listener` of the parts of one upload, those already on the way among them, until the function
 * returned is called.
 */
export function watchParts(uploadId: string, listener: PartListener): () => void {
  listeners.set(uploadId, listener)
  for (const [partNumber, size] of underWay.get(uploadId) ?? []) listener.began(partNumber, size)
  return () => {
    if (listeners.get(uploadId) === listener) listeners.delete(uploadId)
  }
}

/** The same transport; whoever watches an upload hears of its parts. */
export function watched(transport: Transport): Transport {
  return {
    hidesHeaders: transport.hidesHeaders ?? false,
    async exchange(request, options) {
      const part = request.method === 'PUT' ? partOf(request.path) : undefined
      if (!part) return transport.exchange(request, options)
      const { uploadId, partNumber } = part
      began(uploadId, partNumber, request.body?.size)
      try {
        const response = await transport.exchange(request, options)
        if (response.status >= 300) listeners.get(uploadId)?.failed(partNumber)
        return response
      } catch (error) {
        listeners.get(uploadId)?.failed(partNumber)
        throw error
      } finally {
        ended(uploadId, partNumber)
      }
    },
    close: () => transport.close(),
  }
}

function began(uploadId: string, partNumber: number, size: number | undefined): void {
  const parts = underWay.get(uploadId) ?? new Map<number, number | undefined>()
  underWay.set(uploadId, parts.set(partNumber, size))
  listeners.get(uploadId)?.began(partNumber, size)
}

function ended(uploadId: string, partNumber: number): void {
  const parts = underWay.get(uploadId)
  parts?.delete(partNumber)
  if (parts?.size === 0) underWay.delete(uploadId)
}

function partOf(path: string): { uploadId: string; partNumber: number } | undefined {
  const question = path.indexOf('?')
  if (question < 0) return undefined
  const query = new URLSearchParams(path.slice(question))
  const uploadId = query.get('uploadId')
  const partNumber = Number(query.get('partNumber'))
  return uploadId && partNumber > 0 ? { uploadId, partNumber } : undefined
}
