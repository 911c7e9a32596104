export interface OwnOptions {
  readonly rate: number
  readonly learnAll?: boolean
  readonly preset?: 'default' | 'small'
}

export type Detector = (texts: readonly string[], rate: number) => readonly boolean[]

export declare const DETECTORS: Readonly<Record<string, Detector>>
export declare function rxrnn(texts: readonly string[], options: OwnOptions): readonly boolean[]
