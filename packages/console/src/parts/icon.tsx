/** The few drawings of the page; always beside or inside something that has a name. */

import type { JSX } from 'preact'

const paths = {
  bucket: 'M4 6h16l-2 14H6zM4 6a8 3 0 0 1 16 0',
  check: 'M4 12l5 6L20 6',
  chevron: 'M6 9l6 6 6-6',
  close: 'M5 5l14 14M19 5L5 19',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  download: 'M12 3v12m-5-5l5 5 5-5M4 20h16',
  file: 'M6 3h8l5 5v13H6zM14 3v5h5',
  folder: 'M3 6h7l2 3h9v11H3z',
  link: 'M10 14l4-4M8 11l-3 3a3.5 3.5 0 0 0 5 5l3-3M16 13l3-3a3.5 3.5 0 0 0-5-5l-3 3',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 4l13 8-13 8z',
  refresh: 'M20 11a8 8 0 1 0-2 6M20 4v7h-7',
  retry: 'M4 13a8 8 0 1 0 2-6M4 4v6h6',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 14h10l1-14M10 11v6M14 11v6',
  upload: 'M12 16V4m-5 5l5-5 5 5M4 20h16',
  warning: 'M12 4l10 17H2zM12 10v5M12 18v.5',
} as const

export type IconName = keyof typeof paths

export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  )
}

/** A button that shows only a drawing; `label` is its name, and what a pointer is told. */
export function IconButton({
  icon,
  label,
  onClick,
  class: kind = '',
  disabled = false,
  expanded,
}: {
  readonly icon: IconName
  readonly label: string
  readonly onClick: () => void
  readonly class?: string
  readonly disabled?: boolean
  readonly expanded?: boolean
}): JSX.Element {
  return (
    <button
      type="button"
      class={`icon-button ${kind}`}
      title={label}
      aria-label={label}
      aria-expanded={expanded}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  )
}
