/** What a view asks the service for, each time that it is about something else. */

import { useCallback, useEffect, useState } from 'preact/hooks'

export interface Loaded<Value> {
  /** Of the last answer, also while the next one is waited for; `undefined` before the first. */
  readonly value: Value | undefined
  readonly error: unknown
  readonly loading: boolean
  reload(): void
}

/** Calls `load` now, whenever `about` changes, and on `reload`; an answer that comes late is dropped. */
export function useLoaded<Value>(
  about: string,
  load: (signal: AbortSignal) => Promise<Value>,
): Loaded<Value> {
  const [round, setRound] = useState(0)
  const [state, setState] = useState<{
    readonly about: string
    readonly value?: Value
    readonly error?: unknown
    readonly loading: boolean
  }>({ about, loading: true })
  // `about` says what `load` depends on.
  useEffect(() => {
    const abort = new AbortController()
    setState((last) =>
      last.about === about ? { ...last, loading: true } : { about, loading: true },
    )
    // A name that cannot be is refused before anything is asked, and no promise is made then.
    const asked = (async () => load(abort.signal))()
    asked.then(
      (value) => {
        if (!abort.signal.aborted) setState({ about, value, loading: false })
      },
      (error: unknown) => {
        if (!abort.signal.aborted) setState({ about, error, loading: false })
      },
    )
    return () => abort.abort(new Error('The view has changed.'))
  }, [about, round])
  const reload = useCallback(() => setRound((before) => before + 1), [])
  const isOfNow = state.about === about
  return {
    value: isOfNow ? state.value : undefined,
    error: isOfNow ? state.error : undefined,
    loading: !isOfNow || state.loading,
    reload,
  }
}
