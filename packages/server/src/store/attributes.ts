/** What an object is besides its bytes, as a request says it and as it is kept. */

import type { Bucket, ObjectAttributes } from '../ports/metadata-store.ts'

/** What a request says of an object; without a storage class it takes its bucket's. */
export interface RequestedAttributes extends Omit<ObjectAttributes, 'storageClass'> {
  readonly storageClass: string | undefined
}

export function settleAttributes(
  requested: RequestedAttributes,
  { storageClass }: Bucket,
): ObjectAttributes {
  return { ...requested, storageClass: requested.storageClass ?? storageClass }
}

/** With `acl` for the object's own; `default` leaves it none. */
export function withAcl(attributes: ObjectAttributes, acl: string): ObjectAttributes {
  const { acl: _, ...rest } = attributes
  return acl === 'default' ? rest : { ...rest, acl }
}
