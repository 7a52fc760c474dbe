/** Which call an error is of, for whoever is told of it far from there. */

import { OssError, type QueryEntry } from '@lading/protocol'
import { IntegrityError, TransportError } from './errors.ts'
import { isTransient } from './retry.ts'

/** Adds to an error of ours what a caller needs who made many calls; other errors stay as they are. */
export function located(
  error: unknown,
  { operation, query = [] }: { readonly operation: string; readonly query?: readonly QueryEntry[] },
): unknown {
  const isOurs =
    error instanceof OssError || error instanceof TransportError || error instanceof IntegrityError
  if (!isOurs || error.operation !== undefined) return error
  const parameter = (name: string): string | undefined =>
    query.find(([given]) => given === name)?.[1]
  const number = parameter('partNumber')
  const partNumber = number === undefined ? undefined : Number(number)
  if (error instanceof TransportError && !error.message.includes(operation)) {
    const part = partNumber === undefined ? '' : ` of part ${partNumber}`
    error.message = `${operation}${part}: ${error.message}`
  }
  const uploadId = parameter('uploadId')
  return Object.assign(error, { operation, uploadId, partNumber, retryable: isTransient(error) })
}
