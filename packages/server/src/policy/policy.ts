/**
 * What a policy is once it is understood, and what it says to a question. Source: "Bucket Policy" and
 * "RAM Policy", OSS user guide.
 */

/** Who wants to do what to what, and how. */
export interface Question {
  /** All the names that a policy may know the asker by; none for somebody anonymous. */
  readonly names: readonly string[]
  /** Such as `oss:GetObject`. */
  readonly action: string
  readonly resource: Resource
  /** By the names of `conditionKeys`; what does not apply to the request is not there. */
  readonly facts: ReadonlyMap<string, string>
}

/** A bucket, an object or, with neither, the service. */
export interface Resource {
  readonly bucket?: string | undefined
  readonly key?: string | undefined
  /** Of the bucket, as far as there is one. */
  readonly owner?: string | undefined
  /** Bare, such as `cn-hangzhou`. */
  readonly region: string
}

export interface Statement {
  readonly effect: 'Allow' | 'Deny'
  /** Whether it is about everybody, without condition. */
  readonly toEverybody: boolean
  /** All of them must hold for the statement to say anything. */
  readonly applies: readonly ((question: Question) => boolean)[]
}

/** In no order: one that denies counts for more than all that allow. */
export type Policy = readonly Statement[]

/** `none`: it says nothing, and that is for whoever asks to make something of. */
export type Verdict = 'allow' | 'deny' | 'none'

export function evaluate(policy: Policy, question: Question): Verdict {
  let verdict: Verdict = 'none'
  for (const { effect, applies } of policy) {
    if (!applies.every((holds) => holds(question))) continue
    if (effect === 'Deny') return 'deny'
    verdict = 'allow'
  }
  return verdict
}
