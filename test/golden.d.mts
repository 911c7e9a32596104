interface Golden {
  readonly digest: string
  readonly bits: number
}
interface OnBothBackends {
  readonly reference: Golden
  readonly simd: Golden
}
export declare const GOLDEN: OnBothBackends
export declare function learnGolden(): OnBothBackends
