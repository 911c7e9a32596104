import type { Archive } from '../archive.ts'
import { type Chunk, Decoder } from './decoder.ts'
import { Escapes } from './escapes.ts'
import { type Filtered, LineFilter } from './line-filter.ts'
import { Mask, type MaskName } from './mask.ts'
import { type Ranges, replaceRanges } from './ranges.ts'
import type { Excerpt, Span } from './span.ts'
import type { Alphabet } from './vocabulary.ts'

export interface ReaderOptions {
  /** That of the model which learns the text. Default `characters`. */
  readonly alphabet?: Alphabet
  /** What is learned as one character, whatever it says: clock, timestamps, uuid, ip, hex, numbers. Default none. */
  readonly mask?: readonly MaskName[]
  /** What else of a line is learned as one character; it gets the line as `ignore` does, and lines are held back in the same way. */
  readonly maskRanges?: ((line: string) => Ranges) | undefined
  /** Whether a line is not to be learned; it gets it without its end and its escape sequences. With it, lines are held back to their end. */
  readonly ignore?: ((line: string) => boolean) | undefined
}

const LINE_FEED = 10

/**
 * Chunks to excerpts of lines: the one place that decodes bytes and finds where lines end, and that decides what of a line is learned. How the text is cut
 * into chunks changes nothing of that.
 */
export class Reader {
  readonly #decoder: Decoder
  readonly #filter: LineFilter | undefined
  readonly #escapes = new Escapes()
  readonly #rangesOf: ((line: string) => Ranges) | undefined
  readonly #mask: Mask | undefined

  /** Throws OptionError */
  constructor({ alphabet = 'characters', mask = [], maskRanges, ignore }: ReaderOptions = {}) {
    this.#decoder = new Decoder(alphabet)
    this.#rangesOf = maskRanges
    // Stryker disable next-line ConditionalExpression: a mask of nothing changes nothing
    this.#mask = mask.length === 0 ? undefined : new Mask(mask)
    if (ignore !== undefined || maskRanges !== undefined) this.#filter = new LineFilter((line) => ignore?.(withoutEscapes(line)) ?? false)
  }

  /** What was read and is not decided yet */
  get held(): string {
    return (this.#mask?.held ?? '') + (this.#filter?.held ?? '')
  }

  /** Saves or loads what is held back, except for a character that is not complete */
  transfer(archive: Archive): void {
    this.#escapes.transfer(archive)
    this.#mask?.transfer(archive)
    if (archive.has('ignore.held')) this.#filter?.transfer(archive)
  }

  *push(chunk: Chunk): Iterable<Excerpt> {
    for (let from = 0, to = 0; from < chunk.length; from = to) {
      const end = (typeof chunk === 'string' ? chunk.indexOf('\n', from) : chunk.indexOf(LINE_FEED, from)) + 1
      to = end === 0 ? chunk.length : end
      // Stryker disable next-line ConditionalExpression: a copy of the bytes is the same
      const piece = typeof chunk === 'string' ? chunk.slice(from, to) : chunk.subarray(from, to)
      yield this.#excerpt(this.#decoder.pushText(piece), end > 0, typeof piece === 'string' ? undefined : piece)
    }
  }

  *flush(): Iterable<Excerpt> {
    const last = this.#excerpt(this.#decoder.flushText(), false, undefined, 'everything')
    if (last.spans.length > 0) yield last
  }

  #excerpt(text: string, endsLine: boolean, bytes: Uint8Array | undefined, release: 'known' | 'everything' = 'known'): Excerpt {
    const ends = endsLine || release === 'everything'
    const filtered = this.#filter === undefined ? { text, ignored: false, start: 0 } : this.#filter.push(text, ends)
    const spans = filtered.ignored ? ignoredSpans(filtered.text) : this.#spans(filtered, ends)
    return { spans, learned: learnedOf(spans), ignored: filtered.ignored, endsLine, bytes }
  }

  #spans({ text, start }: Filtered, ends: boolean): readonly Span[] {
    const spans = [...this.#lineStart(text.slice(0, start)), ...this.#escapes.push(text.slice(start))]
    const mask = this.#mask
    if (mask === undefined) return spans
    const masked = spans.flatMap((span) => [...mask.push(span)])
    return ends ? [...masked, ...mask.flush()] : masked
  }

  #lineStart(text: string): readonly Span[] {
    const spans = [...this.#escapes.push(text)]
    // Stryker disable next-line Regex: there is one line feed at most, at the end
    return this.#rangesOf === undefined ? spans : [...replaceRanges(spans, this.#rangesOf(learnedOf(spans).replace(/\r?\n$/, '')))]
  }
}

function ignoredSpans(text: string): readonly Span[] {
  return text === '' ? [] : [{ text, learned: '' }]
}

function learnedOf(spans: readonly Span[]): string {
  return spans.map(({ learned }) => learned).join('')
}

function withoutEscapes(line: string): string {
  return learnedOf([...new Escapes().push(line)])
}
