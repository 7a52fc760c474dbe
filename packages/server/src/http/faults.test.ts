import { describe, expect, test } from 'vitest'
import { parseFault, planFaults } from './faults.ts'

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
  ])('%s is understood', (text, expected) => {
    expect(parseFault(text)).toEqual(expected)
  })

  test.each([
    '',
    'UploadPart',
    'UploadPart,part=0,delay=1',
    'UploadPart,nth=x,delay=1',
    'UploadPart,delay=1,cut=body',
    'UploadPart,cut=somewhere',
    'UploadPart,delay=1,delay=2',
    'UploadPart,speed=1',
  ])('%j is a TypeError', (text) => {
    expect(() => parseFault(text)).toThrow(TypeError)
  })
})

describe('a plan', () => {
  const delay = { kind: 'delay', ms: 1 } as const

  test('meets only the nth call of that operation and part', () => {
    const plan = planFaults([{ operation: 'UploadPart', partNumber: 2, nth: 2, action: delay }])
    const met = ['1', '2', '2', '2'].map(
      (partNumber) => plan.meet({ operation: 'UploadPart', partNumber }).length,
    )
    expect(met).toEqual([0, 0, 1, 0])
    expect(plan.meet({ operation: 'ListParts' })).toEqual([])
  })

  test('without nth meets every call, or as many as are asked for', () => {
    const plan = planFaults([{ action: delay }, { times: 2, action: delay }])
    const met = [1, 2, 3].map(() => plan.meet({ operation: 'GetObject' }).length)
    expect(met).toEqual([2, 2, 1])
  })
})
