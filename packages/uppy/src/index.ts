/** `@lading/uppy`: files of Uppy go to OSS in parallel, proved and resumable parts. */

export type {
  FileOptions,
  OssFile,
  OssUploadOptions,
  UploadedObject,
  UploadTarget,
} from './options.ts'
export { OssUpload } from './oss-upload.ts'
