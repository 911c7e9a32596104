import type { Graded, Line } from 'rxrnn'

export interface OwnOptions {
  readonly rate: number
  readonly learnAll?: boolean
  readonly preset?: 'default' | 'small'
  readonly scoreOf?: (line: Line & Graded) => number
}

export type Detector = (texts: readonly string[], rate: number) => readonly boolean[]

export declare const DETECTORS: Readonly<Record<string, Detector>>
export declare function rxrnn(texts: readonly string[], options: OwnOptions): readonly boolean[]
