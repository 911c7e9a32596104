import { exp, sigmoid } from '../kernels/reference/math.ts'
import type { Archive } from '../archive.ts'

/** What a person thinks of an alert */
export type Opinion = 'useful' | 'noise'

/** What a person said of a line */
export interface Verdict {
  readonly verdict: Opinion
  /** The line; its first 1,024 characters count */
  readonly text: string
  /** The score of the line, in bits, before verdicts changed it */
  readonly score?: number
  /** After how many lines of the stream it was given */
  readonly line?: number
}

/** What was said of lines like one */
export interface LikeVerdicts {
  readonly useful: number
  readonly noise: number
  /** The most similar of those lines */
  readonly like: string
}

/** Verdicts that are kept; the oldest makes room */
const MOST = 256
/** Of a line count so many characters, and so many different words */
const LONGEST = 1024
const WORDS = 64
/** The words that are no values, together, count as so many words */
const TEMPLATE = 2

/** Of the weights: a larger one trusts a single verdict less */
const REGULARIZATION = 0.3
/** How fast the share of useful alerts in general is learned, beside what is learned of words */
const INTERCEPT = 0.5
const PASSES = 2
const NEWTON_STEPS = 4

/** The score is multiplied by e to the power of at most this, up or down */
const STRONGEST = 4
/** A line like useful ones gets so many bits even if nothing in it surprises, times what its score is multiplied by */
const BASE = 30
/** Verdicts take off at most so many times the score of the noise; a verdict on a line of unknown score was about an alert just above the bar */
const REACH = 1.5
const UNKNOWN = 40
/** Lines are alike from this cosine of their words on */
const ALIKE = 0.3

const LONGEST_LIST = MOST * (6 * LONGEST + 100)

interface Rated {
  readonly verdict: Verdict
  readonly words: Words
  /** What it adds to the weights of its words: the dual variable, between -1 and 1 by the regularization */
  influence: number
}

/** The words of a line, digits masked, as a vector of length 1 */
type Words = ReadonlyMap<string, number>

/**
 * Learns from verdicts which lines a person wants to see. It is a logistic regression of "useful" on the words of a line, fitted anew with each verdict to all
 * that are kept, by dual coordinate ascent (Yu, Huang and Lin 2011, "Dual coordinate descent methods for logistic regression and maximum entropy models"). So a
 * wrong verdict is outvoted, one that is taken back leaves next to nothing behind, and the state is the list of verdicts. Without verdicts no score changes.
 */
export class Verdicts {
  #rated: Rated[] = []
  /** Those of a replay whose line is still to come, in order */
  #due: Verdict[]
  #weights = new Map<string, number>()
  #intercept = 0

  constructor(given: readonly Verdict[] = []) {
    this.#due = given.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0))
    this.advance(0)
  }

  transfer(archive: Archive, name: string = 'verdicts'): void {
    if (!archive.has(`${name}.list`)) return
    const lines = [...this.#rated.map(({ verdict }) => verdict), ...this.#due].map((verdict) => `${JSON.stringify(verdict)}\n`)
    const saved = archive.text(`${name}.list`, lines.join(''), LONGEST_LIST)
    const verdicts = saved.split('\n').flatMap((line) => (line === '' ? [] : [verdictFrom(line)]))
    const influences = archive.list(
      `${name}.influences`,
      Float64Array.from(this.#rated, ({ influence }) => influence),
      MOST,
    )
    this.#rated = Array.from(influences, (influence, i) => ({ verdict: verdicts[i]!, words: wordsOf(verdicts[i]!.text), influence }))
    this.#due = verdicts.slice(influences.length)
    this.#sumUp()
  }

  /** Those in force, the oldest first */
  get all(): readonly Verdict[] {
    return this.#rated.map(({ verdict }) => verdict)
  }

  /** Puts those in force that were given after so many lines */
  advance(lines: number): void {
    while (this.#due.length > 0 && (this.#due[0]!.line ?? 0) <= lines) this.add(this.#due.shift()!)
  }

  /** The last word on a line counts: another verdict on the same text replaces the one before, the same one adds to it */
  add(given: Verdict): void {
    const verdict = { ...given, text: given.text.slice(0, LONGEST) }
    const last = this.#lastOn(verdict.text)
    if (last !== -1 && this.#rated[last]!.verdict.verdict !== verdict.verdict) this.#rated.splice(last, 1)
    this.#rated.push({ verdict, words: wordsOf(verdict.text), influence: 0 })
    if (this.#rated.length > MOST) this.#rated.shift()
    this.#fit()
  }

  /** Takes back the last verdict on a line; returns whether there was one */
  remove(text: string): boolean {
    const last = this.#lastOn(text.slice(0, LONGEST))
    if (last === -1) return false
    this.#rated.splice(last, 1)
    this.#fit()
    return true
  }

  /** The score of a line in bits, as verdicts on lines like it change it */
  adjust(text: string, score: number): number {
    if (this.#rated.length === 0) return score
    const words = wordsOf(text)
    const preference = Math.min(Math.max(this.#preference(words), -STRONGEST), STRONGEST)
    const factor = exp(preference)
    if (factor >= 1) return score * factor + BASE * (factor - 1)
    return Math.max(score * factor, score - REACH * this.#noiseLike(words))
  }

  /** What was said of lines like one; undefined where that is nothing */
  like(text: string): LikeVerdicts | undefined {
    if (this.#rated.length === 0) return undefined
    const words = wordsOf(text)
    const count = { useful: 0, noise: 0 }
    let nearest: { readonly like: string; readonly cosine: number } | undefined
    for (const { verdict, words: others } of this.#rated) {
      const cosine = product(words, others)
      if (cosine < ALIKE) continue
      count[verdict.verdict] += 1
      if (nearest === undefined || cosine >= nearest.cosine) nearest = { like: verdict.text, cosine }
    }
    return nearest && { ...count, like: nearest.like }
  }

  #lastOn(text: string): number {
    return this.#rated.findLastIndex(({ verdict }) => verdict.text === text)
  }

  /** Above 0 for a line like useful ones, below 0 for one like noise. The intercept has no part in it: lines like none that was judged keep their score. */
  #preference(words: Words): number {
    return product(words, this.#weights)
  }

  /** The highest score of noise that is like a line */
  #noiseLike(words: Words): number {
    let highest = 0
    for (const { verdict, words: others } of this.#rated) {
      if (verdict.verdict === 'noise' && product(words, others) >= ALIKE) highest = Math.max(highest, verdict.score ?? UNKNOWN)
    }
    return highest
  }

  #fit(): void {
    this.#sumUp()
    for (let pass = 0; pass < PASSES; pass++) for (const rated of this.#rated.toReversed()) this.#fitTo(rated)
    this.#sumUp()
  }

  /** Maximizes the dual objective over the influence of one verdict, by Newton's method */
  #fitTo(rated: Rated): void {
    const length = 1 + INTERCEPT ** 2
    const target = rated.verdict.verdict === 'useful' ? 1 : 0
    const others = this.#preference(rated.words) + INTERCEPT * this.#intercept - rated.influence * length
    let influence = rated.influence
    for (let step = 0; step < NEWTON_STEPS; step++) {
      const probability = sigmoid(others + influence * length)
      const gradient = influence * REGULARIZATION - (target - probability)
      influence -= gradient / (REGULARIZATION + probability * (1 - probability) * length)
    }
    this.#move(rated, influence - rated.influence)
    rated.influence = influence
  }

  #move({ words }: Rated, by: number): void {
    for (const [word, share] of words) this.#weights.set(word, (this.#weights.get(word) ?? 0) + by * share)
    this.#intercept += by * INTERCEPT
  }

  /** The weights from the influences alone: so they are the same after loading, to the bit, and nothing is kept of verdicts that are gone */
  #sumUp(): void {
    this.#weights = new Map()
    this.#intercept = 0
    for (const rated of this.#rated) this.#move(rated, rated.influence)
  }
}

/** A verdict from a line of JSON. Throws TypeError. */
export function verdictFrom(json: string): Verdict {
  const { verdict, text, score, line }: Record<string, unknown> = { ...parsed(json) }
  if (verdict !== 'useful' && verdict !== 'noise') throw new TypeError(`verdict is ${JSON.stringify(verdict)}, but it must be "useful" or "noise"`)
  if (typeof text !== 'string') throw new TypeError('text is missing: the line that the verdict is about, as a string')
  if (score !== undefined && !isFrom0(score)) throw new TypeError(`score is ${JSON.stringify(score)}, but it must be a number from 0`)
  if (line !== undefined && !(isFrom0(line) && Number.isSafeInteger(line)))
    throw new TypeError(`line is ${JSON.stringify(line)}, but it must be a whole number from 0`)
  return { verdict, text: text.slice(0, LONGEST), ...(score !== undefined && { score }), ...(line !== undefined && { line }) }
}

function isFrom0(value: unknown): value is number {
  return typeof value === 'number' && value >= 0
}

function parsed(json: string): object {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    // said below
  }
  if (typeof value !== 'object' || value === null) throw new TypeError('it is not a JSON object such as {"verdict":"noise","text":"..."}')
  return value
}

/** The words with a letter, runs of digits as one zero, and the template: the words that are no values, in their order */
function wordsOf(text: string): Words {
  const words = text.slice(0, LONGEST).split(/\s+/)
  const shares = new Map<string, number>()
  for (const word of words) {
    if (shares.size === WORDS) break
    const masked = word.replaceAll(/\d+/g, '0')
    if (/\p{L}/u.test(masked)) shares.set(masked, 1)
  }
  shares.set(templateOf(words), TEMPLATE)
  const length = Math.sqrt(shares.size - 1 + TEMPLATE ** 2)
  for (const [word, share] of shares) shares.set(word, share / length)
  return shares
}

/** Begins with a space, so that it is never a word. A word with a digit, a slash or an at sign is a value unless a colon ends it; so is what follows "=". */
function templateOf(words: readonly string[]): string {
  const fixed = words.filter((word) => !/[\d/@]/.test(word) || word.endsWith(':'))
  return ` ${fixed.map((word) => word.replace(/[=].*/, '=')).join(' ')}`
}

function product(a: Words, b: ReadonlyMap<string, number>): number {
  let sum = 0
  for (const [word, share] of a) sum += share * (b.get(word) ?? 0)
  return sum
}
