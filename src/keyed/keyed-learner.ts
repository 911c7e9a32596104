import type { Chunk } from '../text/decoder.ts'

/** How far a source was read: a number that only grows, of a source that has a name. Those of another source have nothing to do with it. */
export interface SourcePosition {
  readonly source: string
  readonly at: number
}

/** A piece of one key's text */
export interface KeyedText {
  readonly key: string
  readonly text: Chunk
  /**
   * Where the source stands after it, if that can send a text twice: a text that a restored learner has learned before is skipped. Of each key they
   * must grow.
   */
  readonly position?: SourcePosition | undefined
}

/** What the learner of a key gave for a text */
export interface KeyedOutput<Out> {
  readonly key: string
  readonly output: Out
}

/** The learner of one key: `LineLearner` is one */
export interface KeyedLearner<Out> {
  /** Where the source stood after the last text that was learned; `save` saves it along */
  position: SourcePosition | undefined
  /** Learns a text and gives what comes of it; what it gives is handed on before the next text is learned */
  learn(text: Chunk): Iterable<Out>
  /** Everything that resuming needs. The state is copied before this returns. */
  save(): Uint8Array | Promise<Uint8Array>
  /** Frees the memory */
  dispose(): void
}

/** Makes the learner of a key: anew, or from what its `save` gave */
export type LearnFor<Out> = (key: string, saved: Uint8Array | undefined) => KeyedLearner<Out> | Promise<KeyedLearner<Out>>

/** Where the checkpoints of keys are: a Map around memory, a folder, a database. Nothing of one key is asked for before what was asked for before is done. */
export interface KeyedStore {
  /** The bytes that were saved last, if any */
  load(key: string): Uint8Array | undefined | Promise<Uint8Array | undefined>
  /** Resolves when they are safe */
  save(key: string, bytes: Uint8Array): void | Promise<void>
}
