interface Golden {
  readonly digest: string
  readonly bits: number
}
interface Goldens {
  readonly reference: Golden
  readonly simd: Golden
  readonly referenceConducting: Golden
  readonly simdConducting: Golden
}
export declare const GOLDEN: Goldens
export declare function learnGolden(): Goldens
