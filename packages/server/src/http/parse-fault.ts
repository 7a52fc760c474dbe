/** Faults as the command line writes them. */

import type { Fault, FaultAction } from './faults.ts'

/**
 * Reads comma-separated settings after an optional operation. Which requests: `bucket=PATTERN`,
 * `key=PATTERN`, `part=N`, `nth=N`, `times=N`, `probability=P`. What happens, one of: `delay=MS`;
 * `throttle=BYTES_PER_SECOND` with `of=body|answer`; `fail=CODE` with `status=N` and
 * `retry-after=SECONDS`; `cut=request|body|answer` or `stall=request|body|answer` with `after=BYTES`;
 * `falsify=etag|crc64`. In patterns `%2C` is a comma. For example `UploadPart,part=3,nth=1,cut=body,after=65536` or `GetObject,key=logs/*,delay=500`.
 *
 * @throws {TypeError} with the setting that is not understood.
 */
export function parseFault(text: string): Fault {
  const [first = '', ...rest] = text.split(',').map((setting) => setting.trim())
  const operation = first.includes('=') || first === '' ? undefined : first
  const settings = new Settings(text, operation === undefined ? [first, ...rest] : rest)
  const action = readAction(settings)
  return {
    operation,
    bucket: settings.pattern('bucket'),
    key: settings.pattern('key'),
    partNumber: settings.whole('part', 1),
    nth: settings.whole('nth', 1),
    times: settings.whole('times', 1),
    probability: settings.chance('probability'),
    action,
  }
}

/** What each kind of action may be given besides its own value. */
const qualifiers = {
  delay: [],
  throttle: ['of'],
  fail: ['status', 'retry-after'],
  cut: ['after'],
  stall: ['after'],
  falsify: [],
} as const satisfies Readonly<Record<FaultAction['kind'], readonly string[]>>

const kinds = ['delay', 'throttle', 'fail', 'cut', 'stall', 'falsify'] as const

const selectors: readonly string[] = ['bucket', 'key', 'part', 'nth', 'times', 'probability']

function readAction(settings: Settings): FaultAction {
  const [kind, ...others] = kinds.filter((candidate) => settings.has(candidate))
  if (kind === undefined || others.length > 0) {
    throw settings.error(
      'needs one of delay=MS, throttle=RATE, fail=CODE, cut=WHERE, stall=WHERE and falsify=SUM',
    )
  }
  settings.allowOnly([kind, ...qualifiers[kind], ...selectors], kind)
  switch (kind) {
    case 'delay':
      return { kind, ms: settings.needed(kind, settings.whole(kind, 0)) }
    case 'throttle': {
      const of = settings.choice('of', ['body', 'answer'])
      const bytesPerSecond = settings.needed(kind, settings.whole(kind, 1))
      return { kind, bytesPerSecond, of }
    }
    case 'fail': {
      const code = settings.needed(kind, settings.text(kind))
      const retryAfter = settings.whole('retry-after', 0)
      const status = settings.whole('status', 200)
      return { kind, code, status, retryAfter }
    }
    case 'falsify':
      return { kind, sum: settings.needed(kind, settings.choice(kind, ['etag', 'crc64'])) }
    case 'cut':
    case 'stall': {
      const places = ['request', 'body', 'answer'] as const
      const at = settings.needed(kind, settings.choice(kind, places))
      if (at === 'request') settings.allowOnly([kind, ...selectors], `${kind}=request`)
      return { kind, at, afterBytes: settings.whole('after', 0) }
    }
  }
}

/** The settings of one fault, each read as what it must be. */
class Settings {
  readonly #fault: string
  readonly #values = new Map<string, string>()

  constructor(fault: string, settings: readonly string[]) {
    this.#fault = fault
    for (const setting of settings) {
      const equals = setting.indexOf('=')
      const name = setting.slice(0, Math.max(0, equals))
      const known = [...kinds, ...Object.values(qualifiers).flat(), ...selectors].includes(name)
      if (!known || this.#values.has(name)) {
        throw this.error(`has a setting ${JSON.stringify(setting)} that is not understood`)
      }
      this.#values.set(name, setting.slice(equals + 1))
    }
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  text(name: string): string | undefined {
    return this.#values.get(name) || undefined
  }

  whole(name: string, least: number): number | undefined {
    const value = this.#values.get(name)
    if (value === undefined) return undefined
    if (/^[0-9]{1,15}$/.test(value) && Number(value) >= least) return Number(value)
    throw this.error(`needs a whole number from ${least} as ${name}`)
  }

  chance(name: string): number | undefined {
    const value = this.#values.get(name)
    if (value === undefined) return undefined
    const chance = /^[0-9]*\.?[0-9]+$/.test(value) ? Number(value) : 0
    if (chance > 0 && chance <= 1) return chance
    throw this.error(`needs a number above 0 and up to 1 as ${name}`)
  }

  pattern(name: string): string | undefined {
    const value = this.#values.get(name)
    if (value === undefined) return undefined
    try {
      const pattern = decodeURIComponent(value)
      if (pattern !== '') return pattern
    } catch {
      // Told below, as an empty one is.
    }
    throw this.error(`needs a pattern, percent-encoded where it must be, as ${name}`)
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.#values.get(name)
    if (value === undefined) return undefined
    const chosen = choices.find((choice) => choice === value)
    if (chosen !== undefined) return chosen
    throw this.error(`needs one of ${choices.join(', ')} as ${name}`)
  }

  needed<Value>(name: string, value: Value | undefined): Value {
    if (value !== undefined) return value
    throw this.error(`needs a value as ${name}`)
  }

  /** Refuses what would be dropped without a word. */
  allowOnly(names: readonly string[], kind: string): void {
    const odd = [...this.#values.keys()].find((name) => !names.includes(name))
    if (odd !== undefined) throw this.error(`cannot have ${odd} together with ${kind}`)
  }

  error(complaint: string): TypeError {
    return new TypeError(`The fault ${JSON.stringify(this.#fault)} ${complaint}.`)
  }
}
