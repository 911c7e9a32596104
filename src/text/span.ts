/** A part of a text as it came, and what is learned of it: the same, nothing of an escape sequence, one character of what is masked */
export interface Part {
  readonly text: string
  readonly learned: string
}

/** Text on its way to the learner. With the alphabet `bytes` a character of its strings is a byte, from U+0000 to U+00FF. */
export interface Passage {
  readonly parts: readonly Part[]
  /** What is learned of all parts */
  readonly learned: string
  /** Whether it belongs to a line that is not learned: nothing of it is */
  readonly ignored: boolean
}
