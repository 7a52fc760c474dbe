/** What stands between a request that may be served and its operation: websites, space, quotas, faults. */

import type { Query } from '@lading/protocol'
import type { Operation, OssRequest, Reply } from '../api/operation.ts'
import type { Incoming, Service } from './dispatch.ts'
import { meetFaults } from './meet-faults.ts'
import type { RoutedReading } from './read-address.ts'
import { routeRequest } from './router.ts'
import { answerVisit, isVisit } from './website.ts'

/** Who comes to the door of a website, unproved and asking for nothing, is shown its index. */
export async function enterWebsite(
  { operations, settings }: Service,
  { method, framing: { headers } }: Incoming,
  query: Query,
  reading: RoutedReading,
): Promise<RoutedReading> {
  const { bucket, target } = reading
  const visits = (method === 'GET' || method === 'HEAD') && query.entries.length === 0
  if (!bucket || target.key !== undefined || !visits) return reading
  const index = (await settings.findWebsite(bucket.name))?.indexDocument
  if (!index) return reading
  const door = { ...target, key: index.suffix }
  return {
    ...reading,
    target: door,
    route: routeRequest(operations, { method, ...door, query, headers }),
  }
}

/** An object that is missing may have a page in its place, where its bucket is a website. */
export async function serveOperation(
  service: Service,
  operation: Operation,
  request: OssRequest,
  incoming: Incoming,
): Promise<Reply> {
  const { bucket, key, query } = request
  const visits = isVisit(operation) && query.get('versionId') === undefined
  const configuration =
    visits && bucket !== undefined ? await service.settings.findWebsite(bucket) : undefined
  if (!configuration || bucket === undefined || key === undefined) {
    return await handleWithinSpace(service, operation, request, incoming)
  }
  return await answerVisit({
    configuration,
    request: { ...request, key },
    rawQuery: incoming.framing.rawQuery,
    async serve(page) {
      if (page.key !== key) {
        const { action, access } = operation
        await request.authorize({ action, access, bucket, key: page.key })
      }
      return await handleWithinSpace(service, operation, page, incoming)
    },
  })
}

/** Refuses what would take from the reserve of free space, or go beyond the bucket's quota, before a byte of it is asked for. */
async function handleWithinSpace(
  service: Service,
  operation: Operation,
  request: OssRequest,
  incoming: Incoming,
): Promise<Reply> {
  const stream = operation.body.kind === 'stream'
  if (!stream && !operation.takesSpace) {
    return await handleWithFaults(service, operation, request, incoming)
  }
  const body = stream ? incoming.body : undefined
  const { bucket, key } = request
  const releaseSpace = await service.space.admit(body)
  let releaseQuota: (() => void) | undefined
  try {
    if (bucket !== undefined) {
      const keepsVersions = request.bucketRow?.versioning === 'Enabled'
      const asked = { operation, bucket, key, keepsVersions, body }
      releaseQuota = await service.quotas.admit(asked)
    }
    return await handleWithFaults(service, operation, request, incoming)
  } finally {
    releaseQuota?.()
    releaseSpace()
  }
}

async function handleWithFaults(
  service: Service,
  operation: Operation,
  request: OssRequest,
  incoming: Incoming,
): Promise<Reply> {
  const faults = await meetFaults(service.faults, operation.name, request, incoming)
  try {
    return faults.change(await operation.handle(request, service.context))
  } finally {
    await faults.breakOff?.()
  }
}
