/** Faults on demand: delays, refusals and cut connections, for people who test their clients. */

import { isKnownErrorCode, OssError } from '@lading/protocol'

/** What happens to a request that a fault meets. */
export type FaultAction =
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'fail'; readonly code: string; readonly status?: number | undefined }
  | {
      readonly kind: 'cut'
      /**
       * `request`: before anything is done; `body`: while the body is read; `answer`: after all is done
       * and durable, instead of the answer.
       */
      readonly at: 'request' | 'body' | 'answer'
      /** Bytes of body read before a cut at `body`. Default 0: at its first byte. */
      readonly afterBytes?: number | undefined
    }

/** Which requests meet it, and what happens then. Only requests that would be served are counted. */
export interface Fault {
  /** OSS's name of the operation; absent means any. */
  readonly operation?: string | undefined
  readonly partNumber?: number | undefined
  /** The first matching request that is met, from 1. Absent: the first. */
  readonly nth?: number | undefined
  /** How many are met, from `nth` on. Default: one when `nth` is given, else all. */
  readonly times?: number | undefined
  readonly action: FaultAction
}

export interface FaultPlan {
  /** The actions that this request meets; it counts as one call of each fault that matches it. */
  meet(request: {
    readonly operation: string
    readonly partNumber?: string | undefined
  }): FaultAction[]
}

/** Counts the calls of each fault; a plan belongs to one server. */
export function planFaults(faults: readonly Fault[]): FaultPlan {
  const calls = faults.map(() => 0)
  return {
    meet({ operation, partNumber }) {
      return faults.flatMap((fault, index) => {
        const { nth = 1, times = fault.nth === undefined ? Number.POSITIVE_INFINITY : 1 } = fault
        if (fault.operation !== undefined && fault.operation !== operation) return []
        if (fault.partNumber !== undefined && String(fault.partNumber) !== partNumber) return []
        const call = (calls[index] ?? 0) + 1
        calls[index] = call
        return call >= nth && call < nth + times ? [fault.action] : []
      })
    },
  }
}

/** The refusal that a `fail` fault makes. */
export function faultRefusal(action: FaultAction & { readonly kind: 'fail' }): OssError {
  const { code, status } = action
  if (isKnownErrorCode(code)) return new OssError(code, { status })
  return new OssError(code, { status: status ?? 500, message: 'A fault was asked for.' })
}

/**
 * Reads a fault as the command line writes it: comma-separated settings after an optional operation,
 * of which `delay=MS`, `fail=CODE` or `cut=request|body|answer` says what happens. For example
 * `UploadPart,part=3,nth=1,cut=body,after=65536` or `ListParts,delay=500`.
 *
 * @throws {TypeError} with the setting that is not understood.
 */
export function parseFault(text: string): Fault {
  const [first = '', ...rest] = text.split(',').map((setting) => setting.trim())
  const operation = first.includes('=') || first === '' ? undefined : first
  const settings = new Map<string, string>()
  for (const setting of operation === undefined ? [first, ...rest] : rest) {
    const [name = '', value] = setting.split('=', 2)
    if (value === undefined || !NAMES.includes(name) || settings.has(name)) {
      throw new TypeError(
        `The fault ${JSON.stringify(text)} has a setting ${JSON.stringify(setting)} that is not understood.`,
      )
    }
    settings.set(name, value)
  }
  const number = (name: string, least: number): number | undefined => {
    const value = settings.get(name)
    if (value === undefined) return undefined
    if (/^[0-9]+$/.test(value) && Number(value) >= least) return Number(value)
    throw new TypeError(
      `The fault ${JSON.stringify(text)} needs a whole number from ${least} as ${name}.`,
    )
  }
  return {
    operation,
    partNumber: number('part', 1),
    nth: number('nth', 1),
    times: number('times', 1),
    action: readAction(text, settings, number),
  }
}

const NAMES: readonly string[] = ['part', 'nth', 'times', 'delay', 'fail', 'status', 'cut', 'after']

function readAction(
  text: string,
  settings: ReadonlyMap<string, string>,
  number: (name: string, least: number) => number | undefined,
): FaultAction {
  const ms = number('delay', 0)
  const code = settings.get('fail')
  const at = settings.get('cut')
  const kinds = [ms, code, at].filter((value) => value !== undefined)
  if (kinds.length !== 1) {
    throw new TypeError(
      `The fault ${JSON.stringify(text)} needs one of delay=MS, fail=CODE and cut=WHERE.`,
    )
  }
  if (ms !== undefined) return { kind: 'delay', ms }
  if (code !== undefined) return { kind: 'fail', code, status: number('status', 400) }
  if (at === 'request' || at === 'body' || at === 'answer') {
    return { kind: 'cut', at, afterBytes: number('after', 0) }
  }
  throw new TypeError(`The fault ${JSON.stringify(text)} cuts at request, body or answer.`)
}
