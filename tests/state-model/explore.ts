/** Every state that can be reached, breadth first, so that the way to a broken promise is a short one. */

import { brokenPromise, nameOf } from './invariants.ts'
import { type Budget, firstState, type Rules, type State, stepsFrom } from './upload-machine.ts'

export interface Exploration {
  readonly states: number
  readonly transitions: number
  /** The first promise found broken, and the steps that lead there. */
  readonly broken: { readonly promise: string; readonly steps: readonly string[] } | undefined
}

interface Visited {
  readonly state: State
  readonly step: string
  readonly from: Visited | undefined
}

export function explore(budget: Budget, rules: Rules): Exploration {
  const first: Visited = { state: firstState(budget), step: '', from: undefined }
  const seen = new Set([nameOf(first.state)])
  let transitions = 0
  let front: Visited[] = [first]
  while (front.length > 0) {
    const next: Visited[] = []
    for (const from of front) {
      for (const { name, next: state } of stepsFrom(from.state, rules)) {
        transitions += 1
        const stateName = nameOf(state)
        if (seen.has(stateName)) continue
        seen.add(stateName)
        const visited = { state, step: name, from }
        const promise = brokenPromise(state)
        if (promise !== undefined) {
          return { states: seen.size, transitions, broken: { promise, steps: wayTo(visited) } }
        }
        next.push(visited)
      }
    }
    front = next
  }
  return { states: seen.size, transitions, broken: undefined }
}

function wayTo(last: Visited): string[] {
  const steps: string[] = []
  for (let at = last; at.from !== undefined; at = at.from) steps.unshift(at.step)
  return steps
}
