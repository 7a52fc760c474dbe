/** What the faults of a server do to one request. */

import { setTimeout as after } from 'node:timers/promises'
import { OssError } from '@lading/protocol'
import type { OssRequest, Reply } from '../api/operation.ts'
import type { Incoming } from './dispatch.ts'
import { falsified } from './falsified.ts'
import { type FaultPlan, faultRefusal } from './faults.ts'
import { Pace } from './pace.ts'

/** What is left to do once the operation is over. */
export interface PendingFaults {
  /** Instead of the answer, whatever that is. */
  readonly breakOff: (() => void | Promise<void>) | undefined
  /** What the answer becomes. */
  readonly change: (reply: Reply) => Reply
}

/** @throws {OssError} the refusal that was asked for. */
export async function meetFaults(
  plan: FaultPlan,
  operation: string,
  { bucket, key, query }: OssRequest,
  { body, delivery, cut, signal }: Pick<Incoming, 'body' | 'delivery' | 'cut' | 'signal'>,
): Promise<PendingFaults> {
  const partNumber = query.get('partNumber')
  let breakOff: PendingFaults['breakOff']
  let change = (reply: Reply): Reply => reply
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
      case 'falsify': {
        const before = change
        change = (reply) => falsified(before(reply), action.sum)
        break
      }
      case 'cut':
      case 'stall': {
        const act = action.kind === 'cut' ? cut : (): Promise<void> => departure(signal)
        if (action.at === 'request') {
          // Unread, a connection does not tell that its client has left.
          if (action.kind === 'stall') body.discard().catch(() => {})
          await act()
          throw new OssError('ServiceUnavailable')
        }
        if (action.at === 'body') body.cutAfter(action.afterBytes ?? 0, act)
        else if (action.afterBytes === undefined) breakOff = act
        else delivery.cutAfter(action.afterBytes, act)
      }
    }
  }
  return { breakOff, change }
}

/** Resolves when the client has left. */
function departure(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
