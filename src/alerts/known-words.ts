import type { Archive } from '../archive.ts'

const SLOTS = 2 ** 16
// of a longer line, only the start is looked at
const LONGEST = 4096

/** The words of a text: letters, digits and _ in a row */
export function wordsOf(text: string): readonly string[] {
  return text.slice(0, LONGEST).match(/[\p{L}\p{N}_]+/gu) ?? []
}

/** A hash of 32 bits (FNV-1a), never 0 */
export function hash(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0 || 1
}

/** Which words were read, as far as 2 ** 16 places can tell: a word takes the place of another one with the same place, which is forgotten */
export class KnownWords {
  readonly #hashes = new Uint32Array(SLOTS)

  transfer(archive: Archive): void {
    if (archive.has('explain.words')) archive.integers('explain.words', this.#hashes)
  }

  has(word: string): boolean {
    const code = hash(word)
    return this.#hashes[code % SLOTS] === code
  }

  /** Reads a text */
  add(text: string): void {
    for (const word of wordsOf(text)) {
      const code = hash(word)
      this.#hashes[code % SLOTS] = code
    }
  }
}
