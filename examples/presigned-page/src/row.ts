/** One line of the list: a file, how far it is, and what can be done about it. */

import type { Upload, UploadProgress } from '@lading/client/upload'

export class Row {
  readonly #item: HTMLElement
  readonly #state: HTMLElement
  readonly #bar: HTMLProgressElement
  readonly #pause: HTMLButtonElement
  readonly #cancel: HTMLButtonElement

  constructor(name: string) {
    const template = find<HTMLTemplateElement>('#upload', document)
    this.#item = find('li', document.importNode(template.content, true))
    this.#state = find('.state', this.#item)
    this.#bar = find('progress', this.#item)
    this.#pause = find('.pause', this.#item)
    this.#cancel = find('.cancel', this.#item)
    find('.name', this.#item).textContent = name
    this.#bar.setAttribute('aria-label', name)
    this.#pause.hidden = true
    this.#cancel.hidden = true
    find('#uploads', document).append(this.#item)
  }

  say(text: string): void {
    this.#state.textContent = text
  }

  onCancel(cancel: () => Promise<void>): void {
    this.#cancel.hidden = false
    this.#cancel.onclick = async () => {
      try {
        await cancel()
        this.#item.remove()
      } catch (error) {
        this.say(messageOf(error))
      }
    }
  }

  /** Buttons for an upload under way. */
  steer(upload: Upload): void {
    this.#pause.hidden = false
    this.#pause.onclick = () => {
      if (upload.state === 'paused') upload.resume()
      else upload.pause().catch(() => {})
      this.#pause.textContent = upload.state === 'paused' ? 'Resume' : 'Pause'
    }
    this.onCancel(() => upload.abort())
  }

  show({ loaded, total, partsDone, parts }: UploadProgress): void {
    this.#bar.value = total ? loaded / total : 1
    this.say(`${partsDone} of ${parts} parts`)
  }

  end(text: string): void {
    this.#pause.hidden = true
    this.#cancel.hidden = true
    this.say(text)
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function find<Kind extends Element>(selector: string, within: ParentNode): Kind {
  const found = within.querySelector<Kind>(selector)
  if (!found) throw new Error(`The page has no ${selector}.`)
  return found
}
