import type { Archive } from '../archive.ts'
import { EXPECTED, isDigit, type LineGrade, type Span, wordPeaks } from '../lines/line-score.ts'
import { HashTable, mix } from '../lines/table.ts'
import type { LikeVerdicts } from '../lines/verdicts.ts'
import { textOf } from '../text/characters.ts'
import { counted } from '../text/counted.ts'
import type { Alphabet } from '../text/vocabulary.ts'
import { KnownWords, wordAround } from './known-words.ts'
import type { Line } from './ledger.ts'

/** What made a line stand out */
export type Cause = 'severe word' | 'new word' | 'unusual value' | 'new kind' | 'rare kind' | 'unusual words' | 'verdict'

/** Why a line stands out: for programs, and for people */
export interface Reason {
  readonly cause: Cause
  readonly text: string
}

/** A reason, and the part of the line that it speaks of, in learned characters */
export interface PlacedReason extends Reason {
  readonly start: number
  readonly end: number
}

/** Places in lines of one kind that are remembered, as a power of two, and how many of one line */
const PLACES = 11
const WORDS = 64
/** The mean of a place, and from which mean on it is remembered */
const RATE = 1 / 8
const NOTABLE = 1
/** What a number costs in bits where nothing is known of its place */
const NUMBER = 6
/** A word that is new is named rather than a known one that surprised up to so many times as much */
const NEW = 2
/** A kind is rare up to one line of so many */
const RARE = 100
const MOST_SEEN = 4095
const SHOWN = 60

/**
 * Finds why a line stands out: the part that made its score, and what is known of its kind. Of its words the one is named that surprised beyond what is usual
 * in its place, so that a number which is different in every line is never the reason.
 */
export class Reasons {
  readonly #words = new KnownWords()
  /** Of each kind of line and place, the mean of what the most surprising character there cost */
  readonly #places = new HashTable(PLACES)

  transfer(archive: Archive): void {
    this.#words.transfer(archive)
    this.#places.transfer(archive, 'places')
  }

  /** Why a line stands out by its grade, as of before it was learned */
  of({ characters, surprise }: Line, grade: LineGrade, alphabet: Alphabet): PlacedReason {
    const { cause, what, start, end } = this.#found(characters, surprise, grade)
    const named = what === undefined || end === start ? '' : `the ${what} "${shown(characters.subarray(start, end), alphabet)}": `
    return { cause, text: named + evidence(grade), start, end }
  }

  learn({ characters, surprise }: Line, { kind }: LineGrade): void {
    this.#words.add(characters)
    let place = 0
    for (const { bits } of wordPeaks(characters, surprise)) {
      if (place === WORDS) return
      const key = placeOf(kind.hash, place++)
      const mean = this.#places.get(key)
      if (mean !== undefined || bits > NOTABLE) this.#places.set(key, mean === undefined ? bits : mean + RATE * (bits - mean))
    }
  }

  /** By how many bits the word around each character surprised beyond what is usual in its place; to be called before the line is learned */
  excess({ characters, surprise }: Line, grade: LineGrade): Float64Array {
    const excess = new Float64Array(characters.length)
    for (const { bits, place } of this.#beyondUsual(characters, surprise, grade)) {
      for (let i = place.start; i < place.end; i++) excess[i] = Math.max(excess[i]!, bits)
    }
    return excess
  }

  #found(characters: Int32Array, surprise: Float64Array, grade: LineGrade): Found {
    const { cause, severe, pair } = grade
    const severePlace = severe === undefined ? undefined : placeOfWord(characters, severe)
    if (cause === 'severe' && severePlace) return { cause: 'severe word', what: 'severe word', ...severePlace }
    const surprising = this.#surprising(characters, surprise, grade)
    const isWithin = ({ start }: Span) => start >= pair.start && start < pair.start + pair.length
    const words = cause === 'words' ? surprising.filter(isWithin) : surprising
    const newWords = words.filter(({ isNew, bits }) => isNew && NEW * bits >= words[0]!.bits)
    // of "FATAL out of memory" people name the first word, whichever of them surprised most
    const newWord = newWords.find(({ place }) => place.start === severePlace?.start) ?? newWords[0]
    if (newWord !== undefined) return { cause: 'new word', what: 'new word', ...newWord.place }
    const place = cause === 'characters' && words[0] !== undefined ? words[0].place : { start: pair.start, end: pair.start + pair.length }
    if (grade.kind.seen === 0) return { cause: 'new kind', what: undefined, ...place }
    if (grade.kind.seen * RARE <= grade.lines) return { cause: 'rare kind', what: undefined, ...place }
    if (cause === 'characters' && words[0] !== undefined) return { cause: 'unusual value', what: 'unusual value', ...place }
    return { cause: 'unusual words', what: 'unusual words', ...place }
  }

  /** The words that surprised beyond what is usual in their place, the most surprising first */
  #surprising(characters: Int32Array, surprise: Float64Array, grade: LineGrade): readonly SurprisingWord[] {
    const words = this.#beyondUsual(characters, surprise, grade)
    return words.filter(({ bits }) => bits > EXPECTED).toSorted((a, b) => b.bits - a.bits)
  }

  /** The words of a line, with the bits that each cost beyond what is usual in its place */
  #beyondUsual(characters: Int32Array, surprise: Float64Array, { kind }: LineGrade): readonly SurprisingWord[] {
    return Array.from(wordPeaks(characters, surprise), (span, i) => {
      const peak = surprise.indexOf(span.bits, span.start)
      const [start, end] = wordAround(characters, span.start)
      const word = characters.subarray(start, end)
      const hasDigit = word.some(isDigit)
      const usual = this.#places.get(placeOf(kind.hash, i)) ?? (hasDigit && kind.seen === 0 ? NUMBER : 0)
      // what ends the word may have surprised, and not the word
      const isNew = peak < end && !hasDigit && !this.#words.has(word)
      return { ...span, bits: span.bits - usual, place: { start, end: Math.max(end, peak + 1) }, isNew }
    })
  }
}

interface Place {
  readonly start: number
  readonly end: number
}

interface Found extends Place {
  readonly cause: Cause
  readonly what: string | undefined
}

interface SurprisingWord extends Span {
  readonly place: Place
  readonly isNew: boolean
}

/** A hash of a place in lines of a kind: its first word, its second, ... */
function placeOf(kind: number, word: number): number {
  return mix(kind, word)
}

function evidence({ kind: { seen, ago = 0 }, lines }: LineGrade): string {
  if (seen === 0) return `first of its kind in ${counted(lines, 'line')}`
  const times = seen === 1 ? 'once,' : `${seen === MOST_SEEN ? 'at least ' : ''}${counted(seen, 'time')}, last`
  return `its kind was seen ${times} ${counted(ago, 'line')} ago`
}

/** Why a line is an alert that would be none without verdicts */
export function reasonOf(verdicts: LikeVerdicts): PlacedReason {
  return { cause: 'verdict', text: saidOf(verdicts), start: 0, end: 0 }
}

/** What was said of lines like one, for people */
export function saidOf({ useful, noise, like }: LikeVerdicts): string {
  const counts = [useful > 0 && `useful ${counted(useful, 'time')}`, noise > 0 && `noise ${counted(noise, 'time')}`]
  return `you said ${counts.filter(Boolean).join(' and ')} to lines like "${like.slice(0, SHOWN)}${like.length > SHOWN ? '…' : ''}"`
}

/** The word of a line in which one of ASCII letters, in lower case, comes first */
function placeOfWord(characters: Int32Array, word: string): Place {
  const text = Array.from(characters, (character) => (character > 127 ? '?' : String.fromCharCode(character))).join('')
  const at = Math.max(text.toLowerCase().indexOf(word), 0)
  const [start, end] = wordAround(characters, at)
  return { start, end: Math.max(end, at + word.length) }
}

function shown(characters: Int32Array, alphabet: Alphabet): string {
  return `${textOf(characters.subarray(0, SHOWN), alphabet)}${characters.length > SHOWN ? '…' : ''}`
}
