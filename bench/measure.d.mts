import type { Kind, LabelledLog } from './faults.mjs'

export interface Measured {
  readonly rate: number
  readonly precision: number
  readonly recall: number
  readonly f1: number
  readonly byKind: ReadonlyMap<Kind, { readonly found: number; readonly of: number }>
}

export declare function measure(log: LabelledLog, flags: readonly boolean[]): Measured
export declare function average(all: readonly Measured[]): Measured
