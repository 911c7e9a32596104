import { defer, finalize, type OperatorFunction } from 'rxjs'
import { Learner } from '../learner.ts'
import { createModel } from '../network/create.ts'
import type { GivenOptions } from '../network/options.ts'
import { type Transducer, transduce } from '../operators/transduce.ts'
import { joined } from './bytes.ts'
import { encodeCharacter } from './characters.ts'
import { crc32 } from './crc32.ts'
import { BLOCK, header, LONGEST_BLOCK, uint32, varint } from './format.ts'
import { RangeEncoder } from './range.ts'
import { reader, writer } from './text.ts'

export interface CodingOptions {
  /** Is told the loss of each character that was coded, in nats */
  readonly scored?: (nats: number) => void
}

/**
 * Bytes to fewer bytes: a model that learns as it reads predicts each character, and what it expects costs little. `decompress` gives the same bytes
 * again, whatever they are; with the alphabet `characters` those that are not UTF-8 are characters of their own. The size is that of the bits that the
 * learner reports, and a few bytes for each 256 KiB; text that does not shrink is stored as it is, at most 64 bytes larger a megabyte. Bytes leave when
 * a block of 256 KiB is full and at the end. Throws OptionError.
 *
 *     bytes$.pipe(compress({ preset: 'small' }))
 */
export function compress(options?: GivenOptions): OperatorFunction<Uint8Array, Uint8Array>
/** @internal */
export function compress(options?: GivenOptions, coding?: CodingOptions): OperatorFunction<Uint8Array, Uint8Array>
export function compress(options: GivenOptions = {}, coding: CodingOptions = {}): OperatorFunction<Uint8Array, Uint8Array> {
  return (source) =>
    defer(() => {
      const compressor = new Compressor(options, coding)
      return transduce(source, () => compressor).pipe(finalize(() => compressor.dispose()))
    })
}

class Compressor implements Transducer<Uint8Array, Uint8Array> {
  readonly #learner: Learner
  readonly #reader: ReturnType<typeof reader>
  readonly #write: ReturnType<typeof writer>
  readonly #scored: (nats: number) => void
  readonly #text = new Uint8Array(LONGEST_BLOCK)
  #encoder = new RangeEncoder()
  #header: Uint8Array | undefined
  #crc = 0
  /** Of the block */
  #bytes = 0
  #characters = 0
  /** Of the blocks before it */
  #totalBytes = 0
  #totalCharacters = 0

  constructor(options: GivenOptions, { scored = () => {} }: CodingOptions) {
    this.#learner = new Learner(createModel(options))
    const { alphabet } = this.#learner.model.options
    this.#header = header(options)
    this.#reader = reader(alphabet)
    this.#write = writer(alphabet)
    this.#scored = scored
  }

  *push(bytes: Uint8Array): Iterable<Uint8Array> {
    yield* this.#begin()
    yield* this.#encode(this.#reader.push(bytes))
  }

  *flush(): Iterable<Uint8Array> {
    yield* this.#begin()
    yield* this.#encode(this.#reader.flush())
    if (this.#bytes > 0) yield this.#endBlock()
    yield Uint8Array.of(0, ...varint(this.#totalBytes), ...varint(this.#totalCharacters))
  }

  dispose(): void {
    this.#learner.dispose()
    this.#learner.model.dispose()
  }

  *#begin(): Iterable<Uint8Array> {
    if (this.#header !== undefined) yield this.#header
    this.#header = undefined
  }

  *#encode(characters: Iterable<number>): Iterable<Uint8Array> {
    for (const character of characters) {
      this.#scored(encodeCharacter(this.#encoder, this.#learner, character))
      this.#bytes += this.#write(this.#text, this.#bytes, character)
      this.#characters += 1
      if (this.#bytes >= BLOCK) yield this.#endBlock()
    }
  }

  #endBlock(): Uint8Array {
    const text = this.#text.subarray(0, this.#bytes)
    const coded = this.#encoder.finish()
    this.#crc = crc32(text, this.#crc)
    const head = [...varint(2 * coded.length + 1), ...varint(this.#characters)]
    const stores = head.length + coded.length >= varint(2 * text.length).length + text.length
    const block = stores ? joined(varint(2 * text.length), text, uint32(this.#crc)) : joined(head, coded, uint32(this.#crc))
    this.#totalBytes += this.#bytes
    this.#totalCharacters += this.#characters
    this.#bytes = 0
    this.#characters = 0
    this.#encoder = new RangeEncoder()
    return block
  }
}
