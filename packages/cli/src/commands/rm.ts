/** `lading rm`: removes objects. */

import { OssError } from '@lading/protocol'
import type { Command } from 'commander'
import { canAsk, confirm } from '../ask.ts'
import { CommandError, usageError } from '../command-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { formatOssUrl, type OssUrl, parseObjectUrl, parseOssUrl } from '../oss-url.ts'
import { printable } from '../output/printable.ts'
import type { Act } from '../program.ts'
import { plural } from '../quantities.ts'
import { addServiceOptions, type Service, type ServiceFlags, withService } from '../service.ts'
import { addFilterOptions, type Filter, type Selects, selectBy } from '../transfer/filters.ts'
import { folderPrefix, listFolder } from '../transfer/list-folder.ts'
import { listVersions } from '../transfer/list-versions.ts'
import { type Doomed, removeObjects } from '../transfer/remove-objects.ts'

interface RmFlags extends ServiceFlags {
  readonly recursive?: boolean
  readonly force?: boolean
  readonly dryRun?: boolean
  readonly quiet?: boolean
  readonly versionId?: string
  readonly allVersions?: boolean
}

const examples = `
Examples:
  $ lading rm oss://films/movie.mov
  $ lading rm -r oss://films/raw --exclude '*.mov' --dry-run
  $ lading rm -r --all-versions oss://films`

export function addRm(program: Command, act: Act): void {
  const command = program
    .command('rm')
    .summary('remove an object, or with -r a folder')
    .description(
      'Removes an object; with -r everything in a folder or a bucket, but not the bucket itself.',
    )
    .argument('<url>', 'oss://BUCKET/KEY, or oss://BUCKET[/FOLDER] with -r')
    .option('-r, --recursive', 'everything under FOLDER/')
    .option('-f, --force', 'without asking, and without an error when there is no such object')
    .option('-n, --dry-run', 'say what would be removed, and do nothing')
    .option('--version-id <id>', 'that version of the object, for good')
    .option('--all-versions', 'with -r: every version and delete marker, for good')
    .option('-q, --quiet', 'say nothing but what went wrong')
  const filters = addFilterOptions(command)
  addServiceOptions(command)
    .addHelpText('after', examples)
    .action(
      act(async (text: string, flags: RmFlags) => {
        const { recursive, quiet } = flags
        const url = recursive ? parseOssUrl(text, 'rm -r') : parseObjectUrl(text, 'rm')
        requireSense(flags, filters)
        const selects = selectBy(filters)
        return withService(flags, { quiet }, (service) =>
          recursive
            ? removeFolder(service, url, flags, selects)
            : removeObject(service, url, flags),
        )
      }),
    )
}

function requireSense(flags: RmFlags, filters: readonly Filter[]): void {
  const { recursive, allVersions, versionId } = flags
  if (!recursive && (allVersions || filters.length > 0)) {
    throw usageError('--all-versions, --include and --exclude choose in a folder', 'Pass -r.')
  }
  if (recursive && versionId !== undefined) {
    throw usageError('--version-id is that of one object, and not of a folder')
  }
}

async function removeObject(
  service: Service,
  { bucket, key }: OssUrl,
  { force = false, versionId, dryRun }: RmFlags,
): Promise<ExitCode> {
  const { client, signal } = service
  // DeleteObject succeeds for what never was; a mistyped key should not look removed.
  if (!force) {
    try {
      await client.headObject({ bucket, key, versionId }, { signal })
    } catch (error) {
      const isMissing = error instanceof OssError && error.code === 'NoSuchKey'
      if (!isMissing || !key.endsWith('/')) throw error
      const place = printable(formatOssUrl(bucket, key))
      throw new CommandError(exitCodes.notFound, `there is no object ${place}`, {
        hint: 'Pass -r to remove a folder.',
        cause: error,
      })
    }
  }
  if (!dryRun) await client.deleteObject({ bucket, key, versionId }, { signal })
  tellRemoved(service, bucket, { key, versionId }, dryRun)
  return exitCodes.ok
}

async function removeFolder(
  service: Service,
  url: OssUrl,
  { force, dryRun, allVersions = false }: RmFlags,
  selects: Selects,
): Promise<ExitCode> {
  const { bucket } = url
  const place = printable(formatOssUrl(bucket, url.key))
  if (!force && !dryRun) await requireLeave(service, place)
  const doomed = doomedOf(service, url, { allVersions, selects })
  let count = 0
  if (dryRun) {
    for await (const object of doomed) {
      tellRemoved(service, bucket, object, true)
      count += 1
    }
  } else {
    count = await removeObjects(service, bucket, doomed, (object) =>
      tellRemoved(service, bucket, object),
    )
  }
  const did = dryRun ? 'would be removed; nothing was done' : 'removed'
  const noun = allVersions ? 'version' : 'object'
  service.output.summary(`${plural(count, noun)} ${did}`)
  return exitCodes.ok
}

/** @throws {CommandError} usage, when nobody is there to ask; failed, when a person says no. */
async function requireLeave({ signal }: Service, place: string): Promise<void> {
  if (!canAsk()) {
    throw usageError(`nobody is there to confirm removing everything in ${place}`, 'Pass --force.')
  }
  if (await confirm(`Remove everything in ${place}?`, signal)) return
  throw new CommandError(exitCodes.failed, 'nothing was removed')
}

async function* doomedOf(
  service: Service,
  url: OssUrl,
  { allVersions, selects }: { readonly allVersions: boolean; readonly selects: Selects },
): AsyncGenerator<Doomed, void, void> {
  if (!allVersions) {
    for await (const { key, name } of listFolder(service, url)) if (selects(name)) yield { key }
    return
  }
  const prefix = folderPrefix(url.key)
  for await (const version of listVersions(service, { bucket: url.bucket, key: prefix })) {
    const { key, versionId } = version
    if (selects(key.slice(prefix.length))) yield { key, versionId }
  }
}

function tellRemoved(
  { output }: Service,
  bucket: string,
  { key, versionId }: Doomed,
  isDryRun = false,
): void {
  const version = versionId === undefined ? '' : ` (version ${versionId})`
  const place = printable(formatOssUrl(bucket, key)) + version
  output.result(`${isDryRun ? 'would remove' : 'removed'} ${place}`, {
    event: isDryRun ? 'would-remove' : 'object-removed',
    bucket,
    key,
    versionId,
  })
}
