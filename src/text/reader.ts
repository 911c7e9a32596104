import type { Archive } from '../archive.ts'
import { type Chunk, Decoder } from './decoder.ts'
import { Escapes } from './escapes.ts'
import { LineSieve } from './line-filter.ts'
import { Mask, type MaskName } from './mask.ts'
import type { Part, Passage } from './span.ts'
import type { Alphabet } from './vocabulary.ts'

export interface ReaderOptions {
  /** That of the model which learns the text. Default `characters`. */
  readonly alphabet?: Alphabet
  /** What is learned as one character, whatever it says: timestamps, uuid, ip, hex, numbers. Default none. */
  readonly mask?: readonly MaskName[]
  /** Whether a line is not to be learned; it gets it without its end and its escape sequences. With it, lines are held back to their end. */
  readonly ignore?: ((line: string) => boolean) | undefined
}

/** Chunks to passages: tells what of a text is to be learned. How it is cut into chunks changes nothing of what is learned. */
export class Reader {
  readonly #decoder: Decoder
  readonly #sieve: LineSieve | undefined
  readonly #escapes = new Escapes()
  readonly #mask: Mask | undefined

  /** Throws OptionError */
  constructor({ alphabet = 'characters', mask = [], ignore }: ReaderOptions = {}) {
    this.#decoder = new Decoder(alphabet)
    this.#mask = mask.length === 0 ? undefined : new Mask(mask)
    this.#sieve = ignore && new LineSieve((line) => ignore(withoutEscapes(line)))
  }

  /** What was read and is not decided yet */
  get held(): string {
    return (this.#mask?.held ?? '') + (this.#sieve?.held ?? '')
  }

  /** Saves or loads what is held back, but for a character that is not complete */
  transfer(archive: Archive): void {
    this.#escapes.transfer(archive)
    if (archive.has('mask.held')) this.#mask?.transfer(archive)
    if (archive.has('ignore.held')) this.#sieve?.transfer(archive)
  }

  push(chunk: Chunk): Iterable<Passage> {
    return this.#read(this.#decoder.pushText(chunk))
  }

  *flush(): Iterable<Passage> {
    yield* this.#read(this.#decoder.flushText())
    for (const { text, ignored } of this.#sieve?.flush() ?? []) yield* this.#passage(text, ignored)
    yield* learnable([...(this.#mask?.flush() ?? [])])
  }

  *#read(text: string): Iterable<Passage> {
    if (this.#sieve === undefined) yield* this.#passage(text, false)
    else for (const sifted of this.#sieve.push(text)) yield* this.#passage(sifted.text, sifted.ignored)
  }

  #passage(text: string, ignored: boolean): Iterable<Passage> {
    if (ignored) return [{ parts: [{ text, learned: '' }], learned: '', ignored }]
    const parts = [...this.#escapes.push(text)]
    const mask = this.#mask
    return learnable(mask === undefined ? parts : parts.flatMap((part) => [...mask.push(part)]))
  }
}

function learnable(parts: readonly Part[]): readonly Passage[] {
  return parts.length === 0 ? [] : [{ parts, learned: learnedOf(parts), ignored: false }]
}

function learnedOf(parts: readonly Part[]): string {
  return parts.map(({ learned }) => learned).join('')
}

function withoutEscapes(line: string): string {
  return learnedOf([...new Escapes().push(line)])
}
