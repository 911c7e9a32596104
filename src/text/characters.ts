import type { Chunk } from './decoder.ts'
import type { Alphabet } from './vocabulary.ts'

/** Characters as a string; bytes are read as UTF-8 */
export function textOf(characters: Int32Array, alphabet: Alphabet = 'characters'): string {
  if (alphabet === 'bytes' && characters.some((byte) => byte > 127)) return new TextDecoder().decode(Uint8Array.from(characters))
  // Stryker disable next-line ConditionalExpression: a shortcut for what is the rule on a trickle
  if (characters.length === 1) return String.fromCodePoint(characters[0]!)
  let text = ''
  // Stryker disable next-line EqualityOperator: nothing is added at the very end
  for (let from = 0; from < characters.length; from += 4096) text += String.fromCodePoint(...characters.subarray(from, from + 4096))
  return text
}

/** A character as a string; a byte beyond ASCII as \xNN */
export function characterName(character: number, alphabet: Alphabet): string {
  return alphabet === 'bytes' && character > 127 ? `\\x${character.toString(16)}` : String.fromCodePoint(character)
}

/** What is learned of a text, as a chunk for a model with that alphabet: of `bytes`, each character of the text is a byte */
export function chunkOf(learned: string, alphabet: Alphabet): Chunk {
  return alphabet === 'bytes' ? bytesOf(learned) : learned
}

/** The bytes that a text stands for in which a character is a byte */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (byte) => byte.charCodeAt(0))
}
