/** Stands between a page and a service: lets parts through, holds them back, or cuts them off. */

import type { Page, Request, Route } from 'playwright-core'
import { until } from '../support/until.ts'

type Verdict = 'pass' | 'hold' | 'cut'

export interface PartGate {
  /** Decides about parts to come, by the key and the number. */
  set(decide: (key: string, partNumber: number) => Verdict): void
  /** The numbers of the key's parts that the service has answered since `forget`, in order of number. */
  stored(key: string): readonly number[]
  /** Resolves once it has answered for so many. */
  whenStored(key: string, count: number): Promise<void>
  forget(): void
}

export async function gateParts(page: Page, storageUrl: string): Promise<PartGate> {
  let decide: (key: string, partNumber: number) => Verdict = () => 'pass'
  let stored: { readonly key: string; readonly partNumber: number }[] = []
  const isPart = (url: URL): boolean =>
    url.href.startsWith(storageUrl) && url.searchParams.has('partNumber')

  await page.route(isPart, async (route: Route) => {
    const { key, partNumber } = partOf(route.request())
    const verdict = decide(key, partNumber)
    if (verdict === 'cut') await route.abort('connectionreset')
    if (verdict === 'pass') await route.continue()
  })
  page.on('requestfinished', (request) => {
    if (isPart(new URL(request.url())) && request.method() === 'PUT') stored.push(partOf(request))
  })
  const numbers = (key: string): readonly number[] =>
    stored
      .filter((part) => part.key === key)
      .map(({ partNumber }) => partNumber)
      .sort((left, right) => left - right)
  return {
    set(next) {
      decide = next
    },
    stored: numbers,
    whenStored: (key, count) => until(() => numbers(key).length >= count),
    forget() {
      stored = []
    },
  }
}

/** The key without the folder of its visitor. */
function partOf(request: Request): { key: string; partNumber: number } {
  const { pathname, searchParams } = new URL(request.url())
  const key = decodeURIComponent(pathname).split('/').at(-1) ?? ''
  return { key, partNumber: Number(searchParams.get('partNumber')) }
}
