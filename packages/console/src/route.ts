/** Where in the console one is: the part of the address after `#`, which no server is sent. */

import { type Signal, signal } from '@preact/signals'

export type Route =
  | { readonly view: 'buckets' }
  | { readonly view: 'objects'; readonly bucket: string; readonly prefix: string }
  | { readonly view: 'uploads'; readonly bucket: string }
  | { readonly view: 'health' }

export const route: Signal<Route> = signal(parseRoute(location.hash))

addEventListener('hashchange', () => {
  route.value = parseRoute(location.hash)
})

/** Nothing that it is given makes it throw: a mangled address leads to the buckets. */
export function parseRoute(hash: string): Route {
  const [, first = '', bucket = '', view = '', ...rest] = hash.replace(/^#/, '').split('/')
  if (first === 'health') return { view: 'health' }
  if (first !== 'buckets' || bucket === '') return { view: 'buckets' }
  try {
    const name = decodeURIComponent(bucket)
    if (view === 'uploads') return { view: 'uploads', bucket: name }
    return { view: 'objects', bucket: name, prefix: decodeURIComponent(rest.join('/')) }
  } catch {
    return { view: 'buckets' }
  }
}

export function formatRoute(to: Route): string {
  switch (to.view) {
    case 'buckets':
      return '#/'
    case 'health':
      return '#/health'
    case 'uploads':
      return `#/buckets/${encodeURIComponent(to.bucket)}/uploads`
    case 'objects':
      return `#/buckets/${encodeURIComponent(to.bucket)}/objects/${to.prefix.split('/').map(encodeURIComponent).join('/')}`
  }
}

export function go(to: Route): void {
  location.hash = formatRoute(to)
}
