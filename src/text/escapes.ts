import type { Archive } from '../archive.ts'
import { plain, type Span } from './span.ts'

const STATES = ['text', 'escape', 'intermediate', 'control', 'string'] as const

const MARK = '\ufeff'

/** In text, after ESC, after ESC and a character from space to /, in a control sequence (CSI), or in a string (OSC, DCS, SOS, PM, APC) */
type State = (typeof STATES)[number]

/**
 * Separates the escape sequences of terminals (ECMA-48: colours, titles, links and all others that start with ESC) from text. A sequence ends before the first
 * character that cannot belong to it, and with the line at the latest, so nothing has to be held back to know what is text. A byte order mark at the start
 * of a line is no text either: a file begins there, of several that were rotated or put together.
 */
export class Escapes {
  #state: State = 'text'
  #atLineStart = true

  transfer(archive: Archive): void {
    this.#state = STATES[archive.integer('escapes.state', STATES.indexOf(this.#state), 0, STATES.length - 1)]!
    if (archive.has('escapes.atLineStart')) this.#atLineStart = archive.integer('escapes.atLineStart', Number(this.#atLineStart), 0, 1) === 1
    else this.#atLineStart = false
  }

  *push(text: string): Iterable<Span> {
    for (let from = 0; from < text.length; ) {
      const end = this.#skip(text, from)
      if (end > from) yield { text: text.slice(from, end), learned: '' }
      const next = text.indexOf('\x1b', end)
      from = next === -1 ? text.length : next
      const between = text.slice(end, from)
      yield* this.#withoutMarks(between)
    }
  }

  *#withoutMarks(text: string): Iterable<Span> {
    let from = 0
    for (let mark = text.indexOf(MARK); mark !== -1; mark = text.indexOf(MARK, mark + 1)) {
      if (mark === 0 ? !this.#atLineStart : text[mark - 1] !== '\n') continue
      if (mark > from) yield plain(text.slice(from, mark))
      yield { text: MARK, learned: '' }
      from = mark + 1
    }
    if (from < text.length) yield plain(text.slice(from))
    if (text !== '') this.#atLineStart = text.endsWith('\n')
  }

  /** The end of the sequences that start here, or have started before */
  #skip(text: string, from: number): number {
    for (let i = from; i < text.length; i++) {
      const next = after(this.#state, text[i]!)
      this.#state = next ?? 'text'
      if (next === undefined) return i
    }
    return text.length
  }
}

/** Where a character leads that is part of a sequence: to text when it is the last; undefined when it is none */
function after(state: State, character: string): State | undefined {
  if (character === '\x1b') return 'escape'
  return NEXT[state](character)
}

const NEXT: Readonly<Record<State, (character: string) => State | undefined>> = {
  text: () => undefined,
  escape(character) {
    if (character === '[') return 'control'
    return ']PX^_'.includes(character) ? 'string' : NEXT.intermediate(character)
  },
  intermediate(character) {
    if (isBetween(character, ' ', '/')) return 'intermediate'
    return isBetween(character, '0', '~') ? 'text' : undefined
  },
  control(character) {
    if (isBetween(character, ' ', '?')) return 'control'
    return isBetween(character, '@', '~') ? 'text' : undefined
  },
  string(character) {
    if (character === '\n' || character === '\r') return undefined
    return character === '\x07' ? 'text' : 'string'
  },
}

function isBetween(character: string, first: string, last: string): boolean {
  return character >= first && character <= last
}
