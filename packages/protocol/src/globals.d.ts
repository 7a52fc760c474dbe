/**
 * The only globals this package may use. It compiles without a platform's types, so anything that is
 * not listed here (Buffer, process, crypto, fetch) fails to compile.
 */

declare class TextEncoder {
  encode(text?: string): Uint8Array
}

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean })
  decode(bytes?: Uint8Array): string
}

declare function atob(base64: string): string
declare function btoa(binary: string): string
