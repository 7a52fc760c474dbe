/** Files and folders dropped anywhere on the page, or pasted into it. */

import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { announce } from '../announce.ts'
import { t } from '../i18n.ts'
import { Icon } from '../parts/icon.tsx'
import { type Route, route } from '../route.ts'
import { filesOfTransfer } from './chosen-files.ts'
import { addFiles } from './transfers.ts'

/** Shown while files hang over the page; says where they would go. */
export function DropZone(): JSX.Element | null {
  const [over, setOver] = useState(false)
  useEffect(() => {
    // Entering a child comes before leaving its parent.
    let depth = 0
    const on = <Name extends 'dragenter' | 'dragleave' | 'dragover' | 'drop'>(
      name: Name,
      act: (event: DragEvent) => void,
    ): (() => void) => {
      const listener = (event: DragEvent): void => {
        if (!event.dataTransfer?.types.includes('Files')) return
        event.preventDefault()
        act(event)
      }
      addEventListener(name, listener)
      return () => removeEventListener(name, listener)
    }
    const enter = (by: number): void => {
      depth = Math.max(0, depth + by)
      setOver(depth > 0)
    }
    const paste = (event: ClipboardEvent): void => {
      if (event.clipboardData?.files.length) take(event.clipboardData)
    }
    addEventListener('paste', paste)
    const offs = [
      on('dragenter', () => enter(1)),
      on('dragleave', () => enter(-1)),
      on('dragover', () => {}),
      on('drop', (event) => {
        enter(-depth)
        if (event.dataTransfer) take(event.dataTransfer)
      }),
    ]
    return () => {
      removeEventListener('paste', paste)
      for (const off of offs) off()
    }
  }, [])
  if (!over) return null
  const target = targetOf(route.value)
  return (
    <div class="drop-zone" aria-hidden="true">
      <div>
        <Icon name={target ? 'upload' : 'warning'} />
        <p>{target ? t('drop.here') : t('drop.nowhere')}</p>
        {target && <code>{`oss://${target.bucket}/${target.prefix}`}</code>}
      </div>
    </div>
  )
}

function take(data: DataTransfer): void {
  const target = targetOf(route.value)
  if (!target) {
    announce(t('drop.nowhere'))
    return
  }
  filesOfTransfer(data).then(
    (files) => addFiles(files, target),
    () => announce(t('drop.unreadable')),
  )
}

function targetOf(here: Route): { readonly bucket: string; readonly prefix: string } | undefined {
  return here.view === 'objects' ? here : undefined
}
