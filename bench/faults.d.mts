export type Kind = 'new message' | 'wrong order' | 'wrong value' | 'missing line' | 'burst'

export interface LabelledLine {
  readonly text: string
  /** The number of the fault that the line is part of */
  readonly fault?: number
}

export interface LabelledLog {
  readonly lines: readonly LabelledLine[]
  /** Of each fault */
  readonly kinds: readonly Kind[]
}

export declare const KINDS: readonly Kind[]
export declare function serviceLog(seed: number, count: number, options?: { readonly drift?: number }): readonly string[]
export declare function inject(
  lines: readonly string[],
  seed: number,
  options?: { readonly each?: number; readonly clean?: number; readonly apart?: number },
): LabelledLog
