import { defer, finalize, type OperatorFunction } from 'rxjs'
import { Learner } from '../learner.ts'
import { createModel } from '../network/create.ts'
import { type Transducer, transduce } from '../operators/transduce.ts'
import { ByteQueue } from './bytes.ts'
import { CHARACTER_BYTES, chunkOf, decodeCharacter } from './characters.ts'
import type { CodingOptions } from './compress.ts'
import { crc32 } from './crc32.ts'
import { DamagedError, DecompressionError } from './errors.ts'
import { fingerprint, LONGEST_BLOCK, LONGEST_OPTIONS, MAGIC, parseOptions, VERSION } from './format.ts'
import { RangeDecoder } from './range.ts'
import { reader, writer } from './text.ts'

/**
 * What `compress` made back to the bytes that it was made of: the model learns them again as they come out, so it takes as long. Bytes leave as soon as
 * they are known and are checked at the end of each block of 256 KiB: an error may come after some of them. Errors with DecompressionError when the
 * input is damaged, ends too early, or was made by a version of other numbers.
 *
 *     bytes$.pipe(decompress())
 */
export function decompress(): OperatorFunction<Uint8Array, Uint8Array>
/** @internal */
export function decompress(coding?: CodingOptions): OperatorFunction<Uint8Array, Uint8Array>
export function decompress(coding: CodingOptions = {}): OperatorFunction<Uint8Array, Uint8Array> {
  return (source) =>
    defer(() => {
      const decompressor = new Decompressor(coding)
      return transduce(source, () => decompressor).pipe(finalize(() => decompressor.dispose()))
    })
}

/** A part of the text, or undefined when more bytes have to come first */
type Steps<Result = void> = Generator<Uint8Array | undefined, Result, void>

/** Characters that are decoded before they leave together */
const PIECE = 1024

class Decompressor implements Transducer<Uint8Array, Uint8Array> {
  readonly #scored: (nats: number) => void
  readonly #input = new ByteQueue()
  readonly #steps = this.#decompress()
  #learner: Learner | undefined
  #crc = 0
  #bytes = 0
  #characters = 0

  constructor({ scored = () => {} }: CodingOptions) {
    this.#scored = scored
  }

  *push(bytes: Uint8Array): Iterable<Uint8Array> {
    this.#input.push(bytes)
    for (let step = this.#steps.next(); step.done !== true && step.value !== undefined; step = this.#steps.next()) yield step.value
  }

  *flush(): Iterable<Uint8Array> {
    this.#input.end()
    for (const text of this.#steps) if (text !== undefined) yield text
  }

  dispose(): void {
    this.#learner?.dispose()
    this.#learner?.model.dispose()
  }

  *#decompress(): Steps {
    const learner = new Learner(createModel(yield* this.#header()))
    this.#learner = learner
    for (let head = yield* this.#varint(); head !== 0; head = yield* this.#varint()) {
      yield* head % 2 === 1 ? this.#coded(learner, (head - 1) / 2) : this.#stored(learner, head / 2)
      if ((yield* this.#uint32()) !== this.#crc) throw new DamagedError()
    }
    yield* this.#end()
  }

  *#header(): Steps<ReturnType<typeof parseOptions>> {
    for (const byte of MAGIC) if ((yield* this.#byte()) !== byte) throw new DecompressionError('this was not compressed by rxrnn')
    const version = yield* this.#byte()
    if (version !== VERSION) {
      throw new DecompressionError(`this was compressed in version ${version} of the format, but this program reads version ${VERSION}`)
    }
    const expected = yield* this.#uint32()
    const options = parseOptions(yield* this.#optionsText())
    if (fingerprint(options) !== expected) {
      throw new DecompressionError(
        'the header is damaged, or another version of rxrnn compressed this: its numbers differ, so only that version can decompress it',
      )
    }
    return options
  }

  *#optionsText(): Steps<string> {
    const length = yield* this.#varint()
    if (length > LONGEST_OPTIONS) throw new DamagedError()
    yield* this.#wait(length)
    return new TextDecoder().decode(this.#input.take(length))
  }

  *#coded(learner: Learner, length: number): Steps {
    const count = yield* this.#varint()
    if (length > LONGEST_BLOCK || count > LONGEST_BLOCK) throw new DamagedError()
    const write = writer(learner.model.options.alphabet)
    let left = length
    yield* this.#wait(Math.min(left, CHARACTER_BYTES))
    const decoder = new RangeDecoder(() => (left-- > 0 ? this.#input.byte() : 0))
    for (let from = 0; from < count; from += PIECE) {
      const text = new Uint8Array(4 * PIECE)
      let bytes = 0
      for (let i = from; i < Math.min(from + PIECE, count); i++) {
        if (this.#input.length < CHARACTER_BYTES) yield* this.#wait(Math.min(Math.max(left, 0), CHARACTER_BYTES))
        const [character, nats] = decodeCharacter(decoder, learner)
        this.#scored(nats)
        bytes += write(text, bytes, character)
      }
      yield this.#checked(text.subarray(0, bytes))
    }
    if (left > 0) throw new DamagedError()
    this.#characters += count
  }

  *#stored(learner: Learner, length: number): Steps {
    if (length > LONGEST_BLOCK) throw new DamagedError()
    const { alphabet } = learner.model.options
    const characters = reader(alphabet)
    const learn = (some: readonly number[]) => {
      this.#characters += some.length
      for (const nats of learner.learn(chunkOf(some, alphabet))) this.#scored(nats)
    }
    for (let left = length; left > 0; ) {
      yield* this.#wait(1)
      const text = this.#input.take(Math.min(left, this.#input.length, PIECE))
      learn([...characters.push(text)])
      left -= text.length
      yield this.#checked(text)
    }
    learn([...characters.flush()])
  }

  *#end(): Steps {
    const lengths = [yield* this.#varint(), yield* this.#varint()]
    if (lengths[0] !== this.#bytes || lengths[1] !== this.#characters) throw new DamagedError()
    while (!this.#input.ended && this.#input.length === 0) yield
    if (this.#input.length > 0) throw new DecompressionError('something follows the end of the compressed text')
  }

  #checked(text: Uint8Array): Uint8Array {
    this.#crc = crc32(text, this.#crc)
    this.#bytes += text.length
    return text
  }

  *#varint(): Steps<number> {
    let number = 0
    for (let scale = 1; scale < 2 ** 49; scale *= 128) {
      const byte = yield* this.#byte()
      number += (byte & 127) * scale
      if (byte < 128) return number
    }
    throw new DamagedError()
  }

  *#uint32(): Steps<number> {
    yield* this.#wait(4)
    return this.#input.take(4).reduceRight((number, byte) => number * 256 + byte, 0)
  }

  *#byte(): Steps<number> {
    yield* this.#wait(1)
    return this.#input.byte()
  }

  /** Until so many bytes are there */
  *#wait(bytes: number): Steps {
    while (this.#input.length < bytes) {
      if (this.#input.ended) throw new DecompressionError('the compressed text ends too early: a part of it is missing')
      yield
    }
  }
}
