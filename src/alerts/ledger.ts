import Queue from 'yocto-queue'
import type { Archive } from '../archive.ts'
import type { ScoredSegment } from '../learn.ts'
import { KeptBytes, type RawLine } from './kept-bytes.ts'
import type { Muting } from '../lines/muting.ts'
import type { Prediction } from '../network/prediction.ts'
import { bytesOf } from '../text/characters.ts'
import { charactersIn, cutAt, isHighSurrogate, isLowSurrogate } from '../text/unicode.ts'
import type { Excerpt } from '../text/span.ts'
import { type Alphabet, NOVEL } from '../text/vocabulary.ts'

/** What stands in a line where one character of another kind was learned */
export interface Replacement {
  /** The place of the learned character in its line, from 0 */
  readonly at: number
  readonly text: string
}

/** The character of a line that surprised most */
export interface Peak {
  /** Its place among the learned characters of the line, from 0 */
  readonly at: number
  readonly character: number
  readonly isNovel: boolean
  readonly nats: number
  /** What was expected in its place */
  readonly prediction: Prediction
}

/** Characters with the surprise of each, in bits */
export interface ScoredText {
  readonly characters: ArrayLike<number>
  readonly surprise: ArrayLike<number>
}

/** A line that has not ended yet, or one that has: as it came, and as it was learned */
export interface LineSoFar extends ScoredText {
  /** As it came, without its end; of a longer line the first `longestLine` UTF-16 code units */
  readonly text: string
  /** Its bytes, where they are kept */
  readonly raw: RawLine | undefined
  /** Characters at the end of a long line that `text` is without */
  readonly cut: number
  /** What was masked in it */
  readonly replaced: readonly Replacement[]
}

/** A line of the stream. `characters` and `surprise` are of what was learned of it, without the line's end. */
export interface Line extends LineSoFar {
  readonly characters: Int32Array
  readonly surprise: Float64Array
  readonly end: '' | '\n' | '\r\n'
  /** Whether nothing was learned of it because the reader was told to ignore it */
  readonly ignored: boolean
  /** All bits of the line, its end and what was not kept included */
  readonly bits: number
  /** How many learned characters those are for */
  readonly length: number
  /** Learned characters since the start of the stream, this line included */
  readonly offset: number
  /** Where it surprised most, when that is looked for */
  readonly peak: Peak | undefined
}

export interface LedgerOptions {
  /** How much of a line is kept, in characters and UTF-16 code units: a line without an end must not fill the memory */
  readonly longestLine: number
  /** Keeps the bytes of each line, for those who print a line as it came, whatever it holds */
  readonly keepBytes?: boolean
  readonly alphabet: Alphabet
  /** Finds the peak of each line */
  readonly findPeaks?: boolean
}

/**
 * The lines of a stream on their way from text to alert. The reader finds where a line ends and how many characters are learned of it; by that count each
 * scored character finds its line, so that nobody has to look for the end again.
 */
export class Ledger {
  /** Whether the peaks of the lines that begin from now on are looked for */
  findPeaks = false
  readonly #options: LedgerOptions
  /** Lines that were read, each waiting until all of it is scored */
  readonly #lines = new Queue<Entry>()
  /** The one that has not ended */
  #last: Entry
  #ended: Line[] = []
  #offset = 0

  constructor(options: LedgerOptions) {
    this.#options = options
    this.findPeaks = options.findPeaks ?? false
    this.#last = this.#begin()
  }

  /** Saves or loads the line that has not ended yet: between two chunks there is no other */
  transfer(archive: Archive): void {
    this.#offset = archive.integer('line.offset', this.#offset, 0, Number.MAX_SAFE_INTEGER)
    this.#last.transfer(archive)
  }

  /** Forgets bytes at the end that are not a whole character yet: after loading, they will come again */
  dropIncomplete(): void {
    this.#last.dropIncomplete()
  }

  /** The line that has not ended yet */
  get partial(): LineSoFar {
    return this.#last.soFar
  }

  read(excerpt: Excerpt): void {
    this.#last.read(excerpt)
    if (excerpt.endsLine) this.#end()
  }

  /** What the network made of the text that was read, before it learns from it */
  scored(segment: ScoredSegment, muting: Muting | undefined): void {
    const { losses, activations } = segment
    for (let from = 0, to = 0; from < losses.length; from = to) {
      const line = this.#lines.peek()!
      to = Math.min(losses.length, from + line.unscored)
      if (to === from) throw new RangeError(`${losses.length - from} characters were scored that were not read`)
      line.scored(segment, from, to)
      this.#offset += to - from
      muting?.push(losses.subarray(from, to), activations.tape.weights, activations.first + from)
      if (this.#collect()) muting?.end()
    }
  }

  /** Ends the last line at the end of the stream; of a masked word that was held back nothing is missing by then */
  flush(): void {
    if (!this.#last.isEmpty) this.#end()
  }

  /** The lines that ended, each once */
  take(): readonly Line[] {
    const ended = this.#ended
    if (ended.length > 0) this.#ended = []
    return ended
  }

  #begin(): Entry {
    const entry = new Entry(this.#options, this.findPeaks)
    this.#lines.enqueue(entry)
    return entry
  }

  #end(): void {
    this.#last.ended = true
    this.#last = this.#begin()
    this.#collect()
  }

  /** Moves lines out of which everything is known; returns whether there were any */
  #collect(): boolean {
    const before = this.#ended.length
    while (this.#lines.peek()!.isComplete) this.#ended.push(this.#lines.dequeue()!.line(this.#offset))
    return this.#ended.length > before
  }
}

/** One line in the ledger */
class Entry {
  ended = false
  readonly #options: LedgerOptions
  readonly #raw: KeptBytes | undefined
  readonly #replaced: Replacement[] = []
  #text: string[] = []
  #textLength = 0
  /** Characters beyond what is kept */
  #cut = 0
  #ignored = false
  /** The last two UTF-16 units of the line as it came */
  #lastText = ''
  /** Characters to be learned of it, and those of them that were scored */
  #learned = 0
  #length = 0
  #endsInHighSurrogate = false
  #characters: number[] = []
  #surprise: number[] = []
  #bits = 0
  readonly #findsPeak: boolean
  #peak: Peak | undefined

  constructor(options: LedgerOptions, findsPeak: boolean) {
    this.#options = options
    this.#findsPeak = findsPeak
    this.#raw = options.keepBytes === true ? new KeptBytes(options.longestLine) : undefined
  }

  transfer(archive: Archive): void {
    const { longestLine } = this.#options
    const count = (name: string, value: number) => archive.integer(`line.${name}`, value, 0, Number.MAX_SAFE_INTEGER)
    // not as a text: that could not hold half of a surrogate pair
    const units = (name: string, value: string, most: number) => textOfUnits(archive.list(name, Float64Array.from(value.split(''), unitOf), most))
    const text = units('line.text', this.#text.join(''), longestLine)
    this.#text = [text]
    this.#textLength = text.length
    this.#cut = count('cut', this.#cut)
    this.#lastText = units('line.lastText', this.#lastText, 2)
    if (archive.has('line.totalBytes')) this.#raw?.transfer(archive)
    this.#ignored = count('ignored', Number(this.#ignored)) > 0
    this.#length = count('length', this.#length)
    this.#learned = this.#length + count('unscored', this.unscored)
    this.#endsInHighSurrogate = count('endsInHighSurrogate', Number(this.#endsInHighSurrogate)) > 0
    this.#characters = Array.from(archive.list('line.characters', Float64Array.from(this.#characters), longestLine))
    this.#surprise = Array.from(archive.list('line.surprise', Float64Array.from(this.#surprise), longestLine))
    this.#bits = archive.real('line.bits', this.#bits)
  }

  dropIncomplete(): void {
    this.#raw?.dropIncomplete()
  }

  get isEmpty(): boolean {
    return this.#lastText === ''
  }

  /** How many characters of it that are to be learned were not scored yet */
  get unscored(): number {
    return this.#learned - this.#length
  }

  get isComplete(): boolean {
    return this.ended && this.unscored === 0
  }

  get soFar(): LineSoFar {
    return {
      text: this.#text.join(''),
      cut: this.#cut,
      raw: this.#raw?.line(0),
      replaced: this.#replaced,
      characters: this.#characters,
      surprise: this.#surprise,
    }
  }

  read({ spans, ignored, bytes }: Excerpt): void {
    if (bytes !== undefined) this.#raw?.push(bytes)
    this.#ignored ||= ignored
    for (const { text, learned } of spans) {
      if (learned !== '' && learned !== text && this.#learned < this.#options.longestLine) this.#replaced.push({ at: this.#learned, text })
      this.#keep(text)
      this.#learned += this.#charactersIn(learned)
    }
  }

  scored({ characters, targets, losses, activations }: ScoredSegment, from: number, to: number): void {
    const { longestLine } = this.#options
    let highest = from
    for (let i = from; i < to; i++) {
      if (losses[i]! > losses[highest]!) highest = i
      const bits = losses[i]! / Math.LN2
      this.#bits += bits
      if (this.#characters.length === longestLine) continue
      this.#characters.push(characters[i]!)
      this.#surprise.push(bits)
    }
    if (this.#findsPeak && (this.#peak === undefined || losses[highest]! > this.#peak.nats)) {
      this.#peak = {
        at: this.#length + highest - from,
        character: characters[highest]!,
        isNovel: targets[highest] === NOVEL && this.#options.alphabet !== 'bytes',
        nats: losses[highest]!,
        prediction: activations.model.expectation(activations.tape, activations.first + highest),
      }
    }
    this.#length += to - from
  }

  /** To be called when it has ended and all of it is scored */
  line(offset: number): Line {
    const end = this.#lastText === '\r\n' ? '\r\n' : this.#lastText.endsWith('\n') ? '\n' : ''
    const text = this.#text.join('')
    const endCut = Math.min(end.length, this.#cut)
    const learned = this.#length - (this.#ignored ? 0 : end.length)
    return {
      // a byte order mark is not part of a line, but of the bytes of its file
      text: readable(text.slice(0, text.length - (end.length - endCut)), this.#options.alphabet).replace(/^\ufeff/, ''),
      cut: this.#cut - endCut,
      end,
      raw: this.#raw?.line(end.length),
      replaced: this.#replaced,
      ignored: this.#ignored,
      characters: Int32Array.from(this.#characters.slice(0, learned)),
      surprise: Float64Array.from(this.#surprise.slice(0, learned)),
      bits: this.#bits,
      length: this.#length,
      offset,
      peak: this.#peak,
    }
  }

  #keep(text: string): void {
    if (text.length > 0) this.#lastText = (this.#lastText + text.slice(-2)).slice(-2)
    const room = this.#options.longestLine - this.#textLength
    const at = text.length <= room ? text.length : this.#cut > 0 ? 0 : wholeUpTo(text, room)
    if (at > 0) this.#text.push(text.slice(0, at))
    this.#textLength += at
    if (at < text.length) this.#cut += charactersIn(text.slice(at))
  }

  /** Code points that start in a text; the halves of a surrogate pair may come apart */
  #charactersIn(text: string): number {
    if (text === '') return 0
    const joins = this.#endsInHighSurrogate && isLowSurrogate(text.charCodeAt(0))
    this.#endsInHighSurrogate = isHighSurrogate(text.charCodeAt(text.length - 1))
    return charactersIn(text) - Number(joins)
  }
}

/** The length of the longest start of a text that has at most `most` units and cuts no character */
function wholeUpTo(text: string, most: number): number {
  return cutAt(text, most) > most ? most - 1 : most
}

/** With the alphabet `bytes` a character of a text is a byte of UTF-8 */
function readable(text: string, alphabet: Alphabet): string {
  return alphabet === 'bytes' ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytesOf(text)) : text
}

function unitOf(unit: string): number {
  return unit.charCodeAt(0)
}

function textOfUnits(units: Float64Array): string {
  return Array.from(units, (unit) => String.fromCharCode(unit)).join('')
}
