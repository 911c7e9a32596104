export interface Measured {
  readonly area: number
  readonly averagePrecision: number
  readonly precision: number
  readonly recall: number
  readonly flagged: number
}

export declare function measure(scores: readonly number[], flags: readonly boolean[], labels: readonly (-1 | 0 | 1)[], from?: number): Measured
export declare function average(all: readonly Measured[]): Measured
