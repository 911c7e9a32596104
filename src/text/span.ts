/** A part of a text as it came, and what is learned of it: the same, nothing of an escape sequence, one character of what is masked */
export interface Span {
  readonly text: string
  readonly learned: string
}

/** Text within one line, on its way to the learner. With the alphabet `bytes` a character of its strings is a byte, from U+0000 to U+00FF. */
export interface Excerpt {
  readonly spans: readonly Span[]
  /** What is learned of all spans */
  readonly learned: string
  /** Whether it belongs to a line of which nothing is learned */
  readonly ignored: boolean
  /** Whether the line ends with it */
  readonly endsLine: boolean
  /** The bytes that arrived, where the text comes as bytes: all of them, also those that are held back until more is known */
  readonly bytes: Uint8Array | undefined
}

/** A part that is learned as it came */
export function plain(text: string): Span {
  return { text, learned: text }
}
