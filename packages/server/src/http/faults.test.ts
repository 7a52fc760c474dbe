import { describe, expect, test } from 'vitest'
import { planFaults } from './faults.ts'
import { parseFault } from './parse-fault.ts'

describe('a fault on the command line', () => {
  test.each([
    [
      'UploadPart,part=3,nth=1,cut=body,after=65536',
      {
        operation: 'UploadPart',
        partNumber: 3,
        nth: 1,
        action: { kind: 'cut', at: 'body', afterBytes: 65_536 },
      },
    ],
    [
      'CompleteMultipartUpload,nth=1,cut=answer',
      { operation: 'CompleteMultipartUpload', nth: 1, action: { kind: 'cut', at: 'answer' } },
    ],
    ['ListParts,delay=500', { operation: 'ListParts', action: { kind: 'delay', ms: 500 } }],
    [
      'UploadPart,nth=2,fail=ServiceUnavailable',
      { operation: 'UploadPart', nth: 2, action: { kind: 'fail', code: 'ServiceUnavailable' } },
    ],
    ['cut=request', { action: { kind: 'cut', at: 'request' } }],
    ['fail=Odd,status=418', { action: { kind: 'fail', code: 'Odd', status: 418 } }],
    [
      'fail=ServiceUnavailable,retry-after=3',
      { action: { kind: 'fail', code: 'ServiceUnavailable', retryAfter: 3 } },
    ],
    [
      'GetObject,bucket=films-*,key=a=b%2C*,probability=.25,cut=answer,after=0',
      {
        operation: 'GetObject',
        bucket: 'films-*',
        key: 'a=b,*',
        probability: 0.25,
        action: { kind: 'cut', at: 'answer', afterBytes: 0 },
      },
    ],
    [
      'fail=InternalError,status=200',
      { action: { kind: 'fail', code: 'InternalError', status: 200 } },
    ],
    [
      'UploadPart,stall=body,after=7',
      { operation: 'UploadPart', action: { kind: 'stall', at: 'body', afterBytes: 7 } },
    ],
    ['falsify=crc64', { action: { kind: 'falsify', sum: 'crc64' } }],
    ['throttle=1000', { action: { kind: 'throttle', bytesPerSecond: 1000 } }],
    [
      'throttle=1000,of=answer',
      { action: { kind: 'throttle', bytesPerSecond: 1000, of: 'answer' } },
    ],
  ])('%s is understood', (text, expected) => {
    expect(parseFault(text)).toEqual(expected)
  })

  test.each([
    ['', 'setting ""'],
    ['UploadPart', 'needs one of delay'],
    ['UploadPart,part=0,delay=1', 'as part'],
    ['UploadPart,nth=x,delay=1', 'as nth'],
    ['UploadPart,delay=1,cut=body', 'needs one of delay'],
    ['UploadPart,cut=somewhere', 'as cut'],
    ['UploadPart,delay=1,delay=2', 'setting "delay=2"'],
    ['UploadPart,speed=1', 'setting "speed=1"'],
    ['UploadPart,constructor=1,delay=1', 'setting "constructor=1"'],
    ['throttle=0', 'as throttle'],
    ['throttle=5,of=both', 'as of'],
    ['fail=', 'as fail'],
    ['fail=X,retry-after=soon', 'as retry-after'],
    ['fail=X,after=5', 'cannot have after together with fail'],
    ['cut=request,after=5', 'cannot have after together with cut=request'],
    ['fail=X,status=199', 'as status'],
    ['stall=request,after=5', 'cannot have after together with stall=request'],
    ['stall=nowhere', 'as stall'],
    ['falsify=md5', 'as falsify'],
    ['delay=1,status=500', 'cannot have status together with delay'],
    ['delay=1,probability=0', 'as probability'],
    ['delay=1,probability=2', 'as probability'],
    ['delay=1,key=%', 'as key'],
    ['delay=1,bucket=', 'as bucket'],
  ])('%j is a TypeError that names the setting', (text, named) => {
    expect(() => parseFault(text)).toThrow(TypeError)
    expect(() => parseFault(text)).toThrow(named)
  })
})

describe('a plan', () => {
  const delay = { kind: 'delay', ms: 1 } as const

  test('meets only the nth call of that operation and part', () => {
    const plan = planFaults([{ operation: 'UploadPart', partNumber: 2, nth: 2, action: delay }], 0)
    const met = ['1', '2', '2', '2'].map(
      (partNumber) => plan.meet({ operation: 'UploadPart', partNumber }).length,
    )
    expect(met).toEqual([0, 0, 1, 0])
    expect(plan.meet({ operation: 'ListParts' })).toEqual([])
  })

  test('without nth meets every call, or as many as are asked for', () => {
    const plan = planFaults([{ action: delay }, { times: 2, action: delay }], 0)
    const met = [1, 2, 3].map(() => plan.meet({ operation: 'GetObject' }).length)
    expect(met).toEqual([2, 2, 1])
  })
  test('meets only the bucket and the keys that its patterns say', () => {
    const plan = planFaults([{ bucket: 'film?', key: 'logs/*', action: delay }], 0)
    const met = [
      ['films', 'logs/today'],
      ['films', 'logs'],
      ['other', 'logs/today'],
      ['films', undefined],
    ].map(([bucket, key]) => plan.meet({ operation: 'GetObject', bucket, key }).length)
    expect(met).toEqual([1, 0, 0, 0])
  })

  describe('with a probability', () => {
    const draw = (seed: number, count: number, more: object = {}): number[] => {
      const plan = planFaults([{ probability: 0.25, action: delay, ...more }], seed)
      return Array.from({ length: count }, () => plan.meet({ operation: 'GetObject' }).length)
    }
    const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)

    test('meets about that share of the calls', () => {
      expect(sum(draw(7, 4000))).toBeGreaterThan(900)
      expect(sum(draw(7, 4000))).toBeLessThan(1100)
    })

    test('meets the same calls by the same seed, and others by another', () => {
      expect(draw(1, 200)).toEqual(draw(1, 200))
      expect(draw(1, 200)).not.toEqual(draw(2, 200))
    })

    test('counts as its times those that it met', () => {
      expect(sum(draw(3, 1000, { times: 5 }))).toBe(5)
      expect(sum(draw(3, 1000, { nth: 900 }).slice(0, 899))).toBe(0)
    })

    test('draws for itself, so that another fault changes nothing', () => {
      const fault = { probability: 0.25, action: delay } as const
      const plan = planFaults([fault, { ...fault, operation: 'GetObject' }], 1)
      const met = Array.from({ length: 200 }, (_, call) => {
        const operation = call % 2 === 0 ? 'GetObject' : 'PutObject'
        return plan.meet({ operation }).length
      })
      expect(met.filter((_, call) => call % 2 === 1)).toEqual(
        draw(1, 200).filter((_, call) => call % 2 === 1),
      )
    })
  })
})
