import type { Alphabet } from '../text/vocabulary.ts'
import { Utf8Reader, writeUtf8 } from './utf8.ts'

/** Bytes to characters, of which none is lost */
export interface TextReader {
  push(bytes: Uint8Array): Iterable<number>
  flush(): Iterable<number>
}

/** Writes a character to `bytes` at `at`; returns how many bytes it took */
export type TextWriter = (bytes: Uint8Array, at: number, character: number) => number

const BYTES: TextReader = { push: (bytes) => bytes, flush: () => [] }

export function reader(alphabet: Alphabet): TextReader {
  return alphabet === 'bytes' ? BYTES : new Utf8Reader()
}

export function writer(alphabet: Alphabet): TextWriter {
  return alphabet === 'bytes' ? writeByte : writeUtf8
}

function writeByte(bytes: Uint8Array, at: number, byte: number): number {
  bytes[at] = byte
  return 1
}
