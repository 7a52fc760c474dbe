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

declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { initial: number })
    readonly buffer: ArrayBuffer
    grow(pages: number): number
  }
  function validate(bytes: Uint8Array): boolean
  function instantiate(
    bytes: Uint8Array,
    imports: Record<string, Record<string, unknown>>,
  ): Promise<{ instance: { readonly exports: Record<string, unknown> } }>
}
