import type { Archive } from '../archive.ts'
import { ClockMask } from './clock.ts'
import { OptionError } from './option-error.ts'
import { plain, type Span } from './span.ts'

/** What can be masked, the more particular first: where two fit, the first one counts */
export type MaskName = 'clock' | 'timestamps' | 'uuid' | 'ip' | 'hex' | 'numbers'

type WordMaskName = Exclude<MaskName, 'clock'>

interface MaskKind {
  /** What it looks like; between it and other digits and letters there is something else, unless `anywhere` */
  readonly pattern: string
  readonly anywhere?: true
  /** The one character that is learned in its place */
  readonly symbol: string
}

const TIME = String.raw`\d\d?[:.]\d\d[:.]\d\d(?:[.,]\d{1,9})?`
const ZONE = String.raw`(?:Z|[+-]\d\d:?\d\d)?`
const DATE = String.raw`(?:\d{4}[-/.]\d\d[-/.]\d\d|\d\d?[-/][A-Z][a-z]{2}[-/]\d{4})`
const GROUP = '[0-9a-fA-F]{1,4}'

const MASKS: Readonly<Record<WordMaskName, MaskKind>> = {
  // 2026-01-31T10:00:00.123Z, 2026-01-31, 2026-01-31-10.00.00.123456, 31/Jan/2026:10:00:00, 10:00:00,123
  timestamps: { pattern: `${DATE}(?:[T_:-]${TIME}${ZONE})?|${TIME.replaceAll('[:.]', ':')}${ZONE}`, symbol: '@' },
  uuid: { pattern: '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}', symbol: '&' },
  // 192.0.2.1, 2001:db8:0:0:0:0:0:1, 2001:db8::1
  ip: {
    pattern: String.raw`\d{1,3}(?:\.\d{1,3}){3}|(?:${GROUP}:){7}${GROUP}|(?=[a-fA-F:]*\d)(?:${GROUP}:){1,6}(?::${GROUP}){1,6}`,
    symbol: '%',
  },
  // 0x1f, and what has eight digits or more, of both kinds
  hex: { pattern: String.raw`0x[0-9a-fA-F]+|(?=\d*[a-fA-F])(?=[a-fA-F]*\d)[0-9a-fA-F]{8,}`, symbol: '$' },
  // 7, 0.25, and the digits of worker7
  numbers: { pattern: String.raw`\d+(?:\.\d+)*`, symbol: '#', anywhere: true },
}

const WORD_MASK_NAMES: readonly WordMaskName[] = ['timestamps', 'uuid', 'ip', 'hex', 'numbers']
export const MASK_NAMES: readonly MaskName[] = ['clock', ...WORD_MASK_NAMES]

/** Masked by default: when a line was written is no news */
export const DEFAULT_MASK: readonly MaskName[] = ['clock']

// what is looked at as a whole: a word, but no more of it than that, so that the time and what is held back have a bound
const LONGEST = 256
const WORD = /[\w:.,+/-]{1,256}|[^\w:.,+/-]+/g
const IN_WORD = /[\w:.,+/-]/

/** Puts one character in the place of what differs from line to line and means nothing. Time is linear in the text, and what is held back has a bound. */
export class Mask {
  readonly #clock: ClockMask | undefined
  readonly #words: WordMask | undefined

  /** Throws OptionError for a name that it does not know */
  constructor(names: readonly MaskName[]) {
    const unknown = names.find((name) => !MASK_NAMES.includes(name))
    if (unknown !== undefined) throw new OptionError('mask', `mask is ${unknown}, but it must be one or more of ${MASK_NAMES.join(',')}`)
    const words = WORD_MASK_NAMES.filter((name) => names.includes(name))
    this.#clock = names.includes('clock') ? new ClockMask() : undefined
    this.#words = words.length === 0 ? undefined : new WordMask(words)
  }

  /** What is not decided yet */
  get held(): string {
    return (this.#words?.held ?? '') + (this.#clock?.held ?? '')
  }

  transfer(archive: Archive): void {
    if (archive.has('clock.held')) this.#clock?.transfer(archive)
    if (archive.has('mask.held')) this.#words?.transfer(archive)
  }

  *push(part: Span): Iterable<Span> {
    for (const found of this.#clock?.push(part) ?? [part]) yield* this.#words?.push(found) ?? [found]
  }

  *flush(): Iterable<Span> {
    for (const found of this.#clock?.flush() ?? []) yield* this.#words?.push(found) ?? [found]
    yield* this.#words?.flush() ?? []
  }
}

/** What may belong to it is held back to the end of its word: the digits, letters and `_:.,+-/` in a row, at most 256 */
class WordMask {
  readonly #pattern: RegExp
  #held = ''

  constructor(names: readonly WordMaskName[]) {
    this.#pattern = new RegExp(names.map(patternOf).join('|'), 'g')
  }

  /** The start of a word that has not ended yet */
  get held(): string {
    return this.#held
  }

  transfer(archive: Archive): void {
    this.#held = archive.text('mask.held', this.#held, LONGEST)
  }

  *push(part: Span): Iterable<Span> {
    if (part.text === part.learned) {
      const text = this.#held + part.text
      const end = text.length - (lastWord(text) % LONGEST)
      this.#held = text.slice(end)
      yield* this.#masked(text.slice(0, end))
    } else {
      yield* this.flush()
      yield part
    }
  }

  *flush(): Iterable<Span> {
    const word = this.#held
    this.#held = ''
    yield* this.#masked(word)
  }

  *#masked(text: string): Iterable<Span> {
    let between = ''
    for (const [word] of text.matchAll(WORD)) {
      let from = 0
      for (const match of /\d/.test(word) ? word.matchAll(this.#pattern) : []) {
        between += word.slice(from, match.index)
        if (between !== '') yield plain(between)
        yield { text: match[0], learned: symbolOf(match) }
        between = ''
        from = match.index + match[0].length
      }
      between += word.slice(from)
    }
    if (between !== '') yield plain(between)
  }
}

function patternOf(name: WordMaskName): string {
  const { pattern, anywhere } = MASKS[name]
  return anywhere === true ? `(?<${name}>${pattern})` : `(?<![0-9A-Za-z])(?<${name}>${pattern})(?![0-9A-Za-z])`
}

function symbolOf({ groups = {} }: RegExpExecArray): string {
  return WORD_MASK_NAMES.filter((name) => groups[name] !== undefined).map((name) => MASKS[name].symbol)[0]!
}

/** The length of the word at the end of a text, which may continue */
function lastWord(text: string): number {
  let from = text.length
  while (from > 0 && IN_WORD.test(text[from - 1]!)) from -= 1
  return text.length - from
}
