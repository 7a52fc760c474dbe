/** Which query parameters a V1 signature covers. */

/**
 * The union of what the official SDKs (Go v1 and v2, Python v1 and v2, Java, C, JavaScript) sign: a
 * name that a client signs and we leave out would refuse that client. Names that begin with `x-oss-`
 * are signed as well, whatever they are.
 */
const names: ReadonlySet<string> = new Set(
  [
    'acl append bucketInfo cors delete lifecycle location logging objectMeta partNumber position',
    'referer restore security-token sequential stat symlink tagging uploadId uploads versionId',
    'versioning versions website',
    'response-cache-control response-content-disposition response-content-encoding',
    'response-content-language response-content-type response-expires',
    'callback callback-var continuation-token',
    'accessPoint accessPointPolicy asyncFetch bucketArchiveDirectRead cname encryption httpsConfig',
    'inventory inventoryId metaQuery policy policyStatus publicAccessBlock qos qosInfo',
    'redundancyTransition replication replicationLocation replicationProgress requestPayment',
    'requesterQosInfo qosRequester resourceGroup resourcePool resourcePoolBuckets resourcePoolInfo',
    'seal style styleName transferAcceleration worm wormExtend wormId',
    'comp endTime live startTime status vod',
    'cloudboxes regionList',
    'group img link objectInfo processConfiguration udf udfApplication udfApplicationLog udfImage',
    'udfImageDesc udfName vip vpcip',
  ].flatMap((line) => line.split(' ')),
)

export function isSubResource(name: string): boolean {
  return names.has(name) || name.startsWith('x-oss-')
}
