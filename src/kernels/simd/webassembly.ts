/*
 * The part of the engine's WebAssembly that is used here. The types of Node and of the language do not declare it, and those of a browser would bring
 * the whole browser.
 */

export interface WasmMemory {
  readonly buffer: ArrayBuffer
  /** Throws RangeError when there are no more pages */
  grow(pages: number): number
}

interface WebAssemblyApi {
  validate(bytes: Uint8Array): boolean
  readonly Memory: new (limits: { initial: number; maximum: number }) => WasmMemory
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: { env: { memory: WasmMemory } }) => { readonly exports: object }
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the types of the language do not declare it
const global = globalThis as unknown as { readonly WebAssembly?: WebAssemblyApi }

// a function that returns i8x16.popcnt(i8x16.splat(0))
const MODULE_WITH_SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11]

/** Whether this engine can run the SIMD kernels */
export function simdSupported(): boolean {
  return global.WebAssembly?.validate(Uint8Array.from(MODULE_WITH_SIMD)) ?? false
}

/** The engine's WebAssembly. Throws where it has none with SIMD. */
export function webAssembly(): WebAssemblyApi {
  if (global.WebAssembly === undefined || !simdSupported()) {
    throw new Error("this JavaScript engine has no WebAssembly SIMD; choose the backend 'reference', which does without")
  }
  return global.WebAssembly
}
