import { describe, expect, it } from 'vitest'
import { type KeyLimits, limitKeys } from './key-limits.ts'

/** Whether each call is admitted, or the seconds that its caller is told to wait. */
function calls(limits: KeyLimits, times: readonly number[]): (true | string | undefined)[] {
  let time = 0
  const admittance = limitKeys(
    () => limits,
    () => new Date(time),
  )
  return times.map((ms) => {
    time = ms
    try {
      admittance.admit('key')
      return true
    } catch (error) {
      return (error as { headers: Record<string, string> }).headers['Retry-After']
    }
  })
}

describe('limitKeys', () => {
  it('admits a second’s worth at once, and then as many as the rate gives', () => {
    expect(calls({ requestsPerSecond: 2 }, [0, 0, 0, 500, 500, 10_000, 10_000, 10_000])).toEqual([
      ...[true, true, '1'],
      ...[true, '1'],
      ...[true, true, '1'],
    ])
  })

  it('tells how long to wait where the rate is below one a second', () => {
    expect(calls({ requestsPerSecond: 0.1 }, [0, 1000, 9999, 10_000, 10_001])).toEqual([
      true,
      '9',
      '1',
      true,
      '10',
    ])
  })

  it('neither gives nor takes when the clock is put back', () => {
    expect(calls({ requestsPerSecond: 1 }, [5000, 1000, 1999, 2000])).toEqual([
      true,
      '1',
      '1',
      true,
    ])
  })

  it('counts each key for itself, and none without limits', () => {
    const limits = { requestsPerSecond: 1 }
    const admittance = limitKeys(
      (id) => (id === 'free' ? undefined : limits),
      () => new Date(0),
    )
    for (const key of ['one', 'other', undefined, 'free', 'free', 'free']) admittance.admit(key)
    for (const key of ['one', 'other', undefined]) {
      expect(() => admittance.admit(key)).toThrow('above the limit of the access key')
    }
  })

  it('gives all requests of a key the same pace', () => {
    const limits = { uploadBytesPerSecond: 1000, downloadBytesPerSecond: 2000 }
    const admittance = limitKeys(
      () => limits,
      () => new Date(),
    )
    const [first, second, other] = ['a', 'a', 'b'].map((key) => admittance.admit(key))
    expect(second?.upload).toBe(first?.upload)
    expect(second?.download).toBe(first?.download)
    expect(other?.upload).not.toBe(first?.upload)
    expect(first?.download?.stride).toBe(200)
  })
})
