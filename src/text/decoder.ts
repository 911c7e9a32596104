import { isHighSurrogate } from './unicode.ts'
import type { Alphabet } from './vocabulary.ts'

/** What a stream may consist of: text, or the bytes of text in UTF-8 */
export type Chunk = string | Uint8Array

/**
 * Chunks to characters: code points, or bytes with the alphabet `bytes`. What a chunk's edge cuts (a surrogate pair, a UTF-8 sequence) is held back
 * until its rest comes. Bytes that are not UTF-8 become U+FFFD, as the Encoding standard has it; a surrogate without its partner is a character of
 * its own (and U+FFFD among bytes).
 */
export class Decoder {
  readonly #alphabet: Alphabet
  readonly #utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
  #highSurrogate = ''
  // Stryker disable next-line BooleanLiteral: only saves a call that gives nothing
  #bytesBefore = false

  constructor(alphabet: Alphabet) {
    this.#alphabet = alphabet
  }

  /** The characters that this chunk completes, in a new array */
  push(chunk: Chunk): Int32Array {
    assertChunk(chunk)
    if (chunk.length === 0) return new Int32Array()
    return this.#alphabet === 'bytes' ? this.#bytes(chunk) : codePointsOf(this.#text(chunk))
  }

  /** The same as a string; a byte is a character from U+0000 to U+00FF */
  pushText(chunk: Chunk): string {
    assertChunk(chunk)
    if (chunk.length === 0) return ''
    return this.#alphabet === 'bytes' ? binaryOf(this.#bytes(chunk)) : this.#text(chunk)
  }

  /** The characters held back, at the end of the stream */
  flush(): Int32Array {
    const text = this.#rest()
    return this.#alphabet === 'bytes' ? utf8Of(text) : codePointsOf(text)
  }

  /** The same as a string */
  flushText(): string {
    const text = this.#rest()
    return this.#alphabet === 'bytes' ? binaryOf(utf8Of(text)) : text
  }

  #rest(): string {
    const text = this.#highSurrogate + this.#endBytes()
    this.#highSurrogate = ''
    return text
  }

  #text(chunk: Chunk): string {
    return this.#holdBack(typeof chunk === 'string' ? this.#endBytes() + chunk : this.#decode(chunk))
  }

  #decode(bytes: Uint8Array): string {
    this.#bytesBefore = true
    return this.#utf8.decode(bytes, { stream: true })
  }

  /** What is left of a sequence that will never be completed, as a string or the end came after it */
  #endBytes(): string {
    // Stryker disable next-line ConditionalExpression: only saves a call that gives nothing
    if (!this.#bytesBefore) return ''
    // Stryker disable next-line BooleanLiteral: only saves a call that gives nothing
    this.#bytesBefore = false
    return this.#utf8.decode()
  }

  #bytes(chunk: Chunk): Int32Array {
    if (typeof chunk === 'string') return utf8Of(this.#holdBack(chunk))
    // Stryker disable next-line ConditionalExpression: only saves a copy
    return this.#highSurrogate === '' ? Int32Array.from(chunk) : Int32Array.from([...this.flush(), ...chunk])
  }

  #holdBack(text: string): string {
    const whole = this.#highSurrogate + text
    const cut = isHighSurrogate(whole.charCodeAt(whole.length - 1)) ? whole.length - 1 : whole.length
    this.#highSurrogate = whole.slice(cut)
    return whole.slice(0, cut)
  }
}

function assertChunk(chunk: unknown): void {
  if (typeof chunk === 'string' || ArrayBuffer.isView(chunk)) return
  const given = typeof chunk === 'object' && chunk !== null ? 'an object' : String(chunk)
  throw new TypeError(`a chunk of text is ${given}, but it must be a string or a Uint8Array: take the text out of the value first, as with map`)
}

function utf8Of(text: string): Int32Array {
  return Int32Array.from(new TextEncoder().encode(text))
}

function binaryOf(bytes: Int32Array): string {
  let text = ''
  // Stryker disable next-line EqualityOperator: nothing is added at the very end
  for (let from = 0; from < bytes.length; from += 4096) text += String.fromCharCode(...bytes.subarray(from, from + 4096))
  return text
}

function codePointsOf(text: string): Int32Array {
  const points = new Int32Array(text.length)
  let count = 0
  for (let i = 0; i < text.length; i++) {
    const point = text.codePointAt(i)!
    if (point > 0xffff) i++
    points[count++] = point
  }
  // Stryker disable next-line ConditionalExpression: a view of all is the same
  return count === points.length ? points : points.subarray(0, count)
}
