/** Documents as request bodies. */

import { type BodyInput, toHttpBody } from '../body.ts'
import type { Call, Sender } from '../send.ts'
import { provable } from './prove.ts'

/** Sent with its Content-MD5, which DeleteMultipleObjects must have and everything else may. */
export async function documentBody(
  sender: Sender,
  text: string,
  contentType = 'application/xml',
): Promise<Required<Pick<Call<never>, 'headers' | 'body'>>> {
  const input: BodyInput = text
  const { body, contentMd5 } = await provable(toHttpBody(input), sender.hasher, {})
  return { headers: { 'content-type': contentType, 'content-md5': contentMd5 }, body }
}
