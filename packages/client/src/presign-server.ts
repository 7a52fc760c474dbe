/**
 * For the backend of a page that has no keys: signs the requests of an upload to a key that the
 * application names. It runs wherever `fetch` does; the client it is given decides what it needs.
 */

export type {
  PresignAnswer,
  PresignedOperation,
  PresignRefusal,
  PresignRequest,
} from './presigned/contract.ts'
export {
  type Authorize,
  answerPresign,
  expressPresign,
  fastifyPresign,
  fetchPresign,
  type PresignReply,
} from './presigned/handlers.ts'
export { type Presigner, type PresignGrant, presignFor } from './presigned/presign-for.ts'
export { readPresignRequest } from './presigned/read-request.ts'
