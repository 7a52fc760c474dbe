/** The question as it comes over HTTP, in the forms of three servers. */

import { OssError } from '@lading/protocol'
import type { PresignAnswer, PresignRefusal, PresignRequest } from './contract.ts'
import { type Presigner, type PresignGrant, presignFor } from './presign-for.ts'
import { invalid, readPresignRequest } from './read-request.ts'

/**
 * The application's word on a question: what whoever sent `request` may upload, or `undefined`. It
 * decides by its own session; what is asked it need only look at to tell one file from another.
 */
export type Authorize<Request> = (
  request: Request,
  asked: PresignRequest,
) => PresignGrant | undefined | Promise<PresignGrant | undefined>

export interface PresignReply {
  readonly status: number
  readonly body: PresignAnswer | PresignRefusal
}

/**
 * What to answer to a question, whatever server it came to.
 *
 * @param body The question, parsed from JSON.
 * @throws what is not the page's fault: that `authorize` fails, or that there are no keys.
 */
export async function answerPresign<Request>(
  client: Presigner,
  authorize: Authorize<Request>,
  request: Request,
  body: unknown,
): Promise<PresignReply> {
  try {
    const asked = readPresignRequest(body)
    const grant = await authorize(request, asked)
    if (!grant) {
      throw new OssError('AccessDenied', { status: 403, message: 'This page may not upload.' })
    }
    return { status: 200, body: await presignFor(client, grant, asked) }
  } catch (error) {
    if (!(error instanceof OssError)) throw error
    return { status: error.status, body: { code: error.code, message: error.message } }
  }
}

/** What of Express's request and answer is used. */
interface ExpressRequest {
  readonly body?: unknown
}

interface ExpressResponse {
  status(code: number): { set(name: string, value: string): { json(body: unknown): unknown } }
}

/** For `app.post(path, express.json(), expressPresign(client, authorize))`. */
export function expressPresign<Request extends ExpressRequest>(
  client: Presigner,
  authorize: Authorize<Request>,
): (request: Request, response: ExpressResponse) => Promise<void> {
  return async (request, response) => {
    const { status, body } = await answerPresign(client, authorize, request, request.body)
    response.status(status).set('Cache-Control', 'no-store').json(body)
  }
}

interface FastifyReply {
  code(status: number): { header(name: string, value: string): { send(body: unknown): unknown } }
}

/** For `app.post(path, fastifyPresign(client, authorize))`. */
export function fastifyPresign<Request extends { readonly body?: unknown }>(
  client: Presigner,
  authorize: Authorize<Request>,
): (request: Request, reply: FastifyReply) => Promise<unknown> {
  return async (request, reply) => {
    const { status, body } = await answerPresign(client, authorize, request, request.body)
    return reply.code(status).header('Cache-Control', 'no-store').send(body)
  }
}

/** For servers that speak `Request` and `Response`. */
export function fetchPresign(
  client: Presigner,
  authorize: Authorize<Request>,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const { status, body } = await answerFetch(client, authorize, request)
    return Response.json(body, { status, headers: { 'Cache-Control': 'no-store' } })
  }
}

/** Without the check of the type, a form on any page could ask in the name of who is signed in. */
async function answerFetch(
  client: Presigner,
  authorize: Authorize<Request>,
  request: Request,
): Promise<PresignReply> {
  const type = request.headers.get('content-type') ?? ''
  if (request.method !== 'POST' || !/^application\/json\s*(;|$)/i.test(type)) {
    const { code, message } = invalid('Ask by POST, with JSON.')
    return { status: 400, body: { code, message } }
  }
  const text = await request.text()
  return answerPresign(client, authorize, request, parseJson(text))
}

/** `undefined`, which is no question, for what is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
