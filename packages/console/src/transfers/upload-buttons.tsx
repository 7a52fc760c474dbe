/** The ways in besides dropping: files, and folders. */

import type { JSX } from 'preact'
import { useId, useRef } from 'preact/hooks'
import { t, type Words } from '../i18n.ts'
import { Icon } from '../parts/icon.tsx'
import { route } from '../route.ts'
import { filesOfInput } from './chosen-files.ts'
import { addFiles } from './transfers.ts'

export function UploadButtons(): JSX.Element {
  return (
    <>
      <FileButton words="upload.files" folders={false} />
      <FileButton words="upload.folders" folders />
    </>
  )
}

function FileButton({
  words,
  folders,
}: {
  readonly words: Words
  readonly folders: boolean
}): JSX.Element {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const add = (): void => {
    const here = route.value
    if (!input.current || here.view !== 'objects') return
    addFiles(filesOfInput(input.current), here)
    input.current.value = ''
  }
  return (
    <span class={`file-button ${folders ? '' : 'main'}`}>
      <input
        ref={(element) => {
          input.current = element
          if (element && folders) element.webkitdirectory = true
        }}
        id={id}
        type="file"
        multiple
        onChange={add}
      />
      <label for={id}>
        <Icon name={folders ? 'folder' : 'upload'} />
        <span>{t(words)}</span>
      </label>
    </span>
  )
}
