/** Files as people give them: chosen, dropped or pasted, folders among them. */

/** One file, and what to call it below the folder that is looked at. */
export interface ChosenFile {
  readonly file: File
  /** With `/` between folders. */
  readonly path: string
  /** By which it can be opened again after a reload, where the browser has such things. */
  readonly handle: FileSystemFileHandle | undefined
}

/** Of `<input type="file">`, with or without folders. */
export function filesOfInput(input: HTMLInputElement): ChosenFile[] {
  return [...(input.files ?? [])].map((file) => ({
    file,
    path: file.webkitRelativePath === '' ? file.name : file.webkitRelativePath,
    handle: undefined,
  }))
}

/** Must be called while the event is handled: afterwards the browser has taken the items back. */
export async function filesOfTransfer(transfer: DataTransfer): Promise<ChosenFile[]> {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file')
  const opened = items.map((item) => ({
    entry: item.webkitGetAsEntry(),
    file: item.getAsFile(),
    handle: handleOf(item),
  }))
  const files: ChosenFile[] = []
  for (const { entry, file, handle } of opened) {
    if (entry?.isDirectory) await walk(entry as FileSystemDirectoryEntry, '', files)
    else if (file) files.push({ file, path: file.name, handle: await handle })
  }
  return files
}

interface WithHandle {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>
}

async function handleOf(item: DataTransferItem): Promise<FileSystemFileHandle | undefined> {
  try {
    const handle = await (item as DataTransferItem & WithHandle).getAsFileSystemHandle?.()
    return handle?.kind === 'file' ? (handle as FileSystemFileHandle) : undefined
  } catch {
    return undefined
  }
}

async function walk(
  folder: FileSystemDirectoryEntry,
  above: string,
  files: ChosenFile[],
): Promise<void> {
  const path = `${above}${folder.name}/`
  const reader = folder.createReader()
  // Browsers tell a hundred at a time, and none when there are no more.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    )
    if (entries.length === 0) return
    for (const entry of entries) {
      if (entry.isDirectory) await walk(entry as FileSystemDirectoryEntry, path, files)
      else {
        const file = await new Promise<File>((resolve, reject) =>
          (entry as FileSystemFileEntry).file(resolve, reject),
        )
        files.push({ file, path: `${path}${file.name}`, handle: undefined })
      }
    }
  }
}
