export declare const DETECTORS: Readonly<Record<string, (texts: readonly string[]) => readonly number[]>>
export declare function flagHighest(scores: readonly number[], rate: number): readonly boolean[]
