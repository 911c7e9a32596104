import { joined } from './bytes.ts'

/*
 * UTF-8 without loss: a byte that is no part of valid UTF-8 is read as the lone surrogate U+DC80 .. U+DCFF, which valid UTF-8 never holds, and written
 * as that byte again (Python's PEP 383 does the same). So any bytes are characters, and the same bytes again.
 */

const ESCAPE = 0xdc00
const SMALLEST = [0, 0, 0x80, 0x800, 0x10000] as const

/** Whether reading can give this character */
export function isReadable(character: number): boolean {
  return character < 0xd800 || character > 0xdfff || isEscape(character)
}

function isEscape(character: number): boolean {
  return character >= ESCAPE + 0x80 && character <= ESCAPE + 0xff
}

/** Bytes to characters. The start of a character that the end of a piece cuts is held back until its rest comes. */
export class Utf8Reader {
  #held: Uint8Array = new Uint8Array()

  push(bytes: Uint8Array): readonly number[] {
    return this.#read(bytes, 'more')
  }

  flush(): readonly number[] {
    return this.#read(new Uint8Array(), 'end')
  }

  #read(bytes: Uint8Array, follows: 'more' | 'end'): readonly number[] {
    // Stryker disable next-line ConditionalExpression: only saves a copy
    const all = this.#held.length === 0 ? bytes : joined(this.#held, bytes)
    const characters: number[] = []
    let at = 0
    while (at < all.length) {
      const length = lengthAt(all, at)
      if (at + length > all.length && follows === 'more') break
      const character = characterAt(all, at, length)
      characters.push(character ?? ESCAPE + all[at]!)
      at += character === undefined ? 1 : length
    }
    this.#held = all.slice(at)
    return characters
  }
}

/** How many bytes a character takes whose first bytes these are; 1 when there is no such character */
function lengthAt(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!
  const length = lead < 0xc2 || lead > 0xf4 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  for (let i = at + 1; i < at + length && i < bytes.length; i++) if ((bytes[i]! & 0xc0) !== 0x80) return 1
  return length
}

/** The character of these bytes; undefined when they are none */
function characterAt(bytes: Uint8Array, at: number, length: number): number | undefined {
  const lead = bytes[at]!
  if (length === 1) return lead < 0x80 ? lead : undefined
  if (at + length > bytes.length) return undefined
  let character = lead & (0x7f >> length)
  for (let i = at + 1; i < at + length; i++) character = (character << 6) | (bytes[i]! & 0x3f)
  const valid = character >= SMALLEST[length]! && character <= 0x10ffff && (character < 0xd800 || character > 0xdfff)
  return valid ? character : undefined
}

const encoder = new TextEncoder()

/** Writes a character that was read; returns how many bytes it took */
export function writeUtf8(bytes: Uint8Array, at: number, character: number): number {
  // Stryker disable next-line ConditionalExpression: only saves a call
  if (character >= 0x80 && !isEscape(character)) return encoder.encodeInto(String.fromCodePoint(character), bytes.subarray(at)).written
  bytes[at] = character & 0xff
  return 1
}
