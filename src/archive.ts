import type { Backend } from './kernels/backend.ts'

/** Whole numbers of a fixed size */
export type Integers = Uint8Array | Uint16Array | Uint32Array | Int32Array

/**
 * What a state is saved to, or loaded from. A room names each part of its state once, in a method `transfer`, and that serves both ways: so nothing can be
 * saved and forgotten when loading. Names are unique within a file. When loading, all throw an error that names the part when what was saved does not fit.
 */
export interface Archive {
  /** Rows [0, rows) of a tensor; only finite numbers can be loaded */
  tensor<Tensor>(name: string, backend: Backend<Tensor>, tensor: Tensor, rows: number, columns: number): void

  /** Rows [0, rows) of a tensor whose bits need not be numbers; `check` throws when those that are to be loaded do no good */
  bits<Tensor>(name: string, backend: Backend<Tensor>, tensor: Tensor, rows: number, columns: number, check: (bytes: Uint8Array) => void): void

  /** Numbers in the backend's precision and the given shape; returns those that hold from now on, which are finite */
  values(name: string, dtype: Backend<unknown>['dtype'], shape: readonly number[], values: Float64Array): Float64Array

  /** Whole numbers in place, from `min` to `max` */
  integers(name: string, numbers: Integers, min?: number, max?: number): void

  /** A list of any length up to `most`; returns the one that holds from now on */
  list(name: string, numbers: Float64Array, most: number): Float64Array

  /** A whole number from `min` to `max`; returns the one that holds from now on */
  integer(name: string, value: number, min: number, max: number): number

  /** A text of up to `most` UTF-16 code units; returns the one that holds from now on */
  text(name: string, text: string, most: number): string

  /** Any finite number; returns the one that holds from now on */
  real(name: string, value: number): number

  /** Whether a part of that name was saved, a tensor or a number; always so when saving */
  has(name: string): boolean
}
