/** What the faults of a server do to one request. */

import { setTimeout as after } from 'node:timers/promises'
import { OssError } from '@lading/protocol'
import type { OssRequest } from '../api/operation.ts'
import type { Incoming } from './dispatch.ts'
import { type FaultPlan, faultRefusal } from './faults.ts'
import { Pace } from './pace.ts'

/** What is left to do once the operation is over. */
export interface PendingFaults {
  readonly cutAnswer: boolean
}

/** @throws {OssError} the refusal that was asked for. */
export async function meetFaults(
  plan: FaultPlan,
  operation: string,
  { bucket, key, query }: OssRequest,
  { body, delivery, cut, signal }: Pick<Incoming, 'body' | 'delivery' | 'cut' | 'signal'>,
): Promise<PendingFaults> {
  const partNumber = query.get('partNumber')
  let cutAnswer = false
  for (const action of plan.meet({ operation, bucket, key, partNumber })) {
    switch (action.kind) {
      case 'delay':
        await after(action.ms, undefined, { signal })
        break
      case 'throttle':
        if (action.of !== 'answer') body.slowDown(new Pace(action.bytesPerSecond))
        if (action.of !== 'body') delivery.slowDown(new Pace(action.bytesPerSecond))
        break
      case 'fail':
        throw faultRefusal(action)
      case 'cut':
        if (action.at === 'request') {
          cut()
          throw new OssError('ServiceUnavailable')
        }
        if (action.at === 'body') body.cutAfter(action.afterBytes ?? 0, cut)
        else if (action.afterBytes === undefined) cutAnswer = true
        else delivery.cutAfter(action.afterBytes, cut)
    }
  }
  return { cutAnswer }
}
