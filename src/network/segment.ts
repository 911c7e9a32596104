import type { Run } from '../text/encoder.ts'
import { textOf } from '../text/characters.ts'
import { INSPECT, rounded } from '../text/inspect.ts'
import type { Vocabulary } from '../text/vocabulary.ts'
import { assertTruncation } from './options.ts'

/** How truncated backpropagation through time is cut */
export interface Truncation {
  /** k1: pairs between two updates */
  readonly every: number
  /** k2: how many steps the error flows back, at least `every` */
  readonly through: number
}

/**
 * A run of (input, target) pairs: target i is the symbol that followed input i. It crosses neither the end of a window nor a place where the
 * vocabulary grows. The first character of a stream has no input before it: its segment holds a target and no inputs. The last segment of a stream
 * may be empty, when it only closes a window.
 */
export interface Segment {
  /** The characters that arrived with this segment, as a string; bytes are read as UTF-8 */
  readonly text: string
  /** The same as code points, or as bytes with the alphabet `bytes` */
  readonly characters: Int32Array
  /** The symbol before each target; empty for the first character of a stream */
  readonly inputs: Int32Array
  /** The symbol of each character, NOVEL for one never seen before */
  readonly targets: Int32Array
  /** The symbol of the last character as the input to what follows */
  readonly next: number
  readonly vocabularySize: number
  /**
   * What the symbols are of
   * @internal
   */
  readonly vocabulary?: Vocabulary | undefined
  /**
   * Whether nothing is to be learned of it
   * @internal
   */
  readonly muted?: boolean | undefined
  /**
   * Whether no one else holds it, so that stages may add to it in place of a copy
   * @internal
   */
  readonly owned?: boolean
  /** Whether a window of `truncation.every` pairs ends here, or the stream does: what was read is learned now */
  readonly closes: boolean
  readonly truncation: Truncation
  /** Characters since the start of the stream, this segment's included */
  readonly offset: number
}

/** Where a segmenter stands once a stream has begun */
export interface Place {
  /** The symbol of the last character as the input to what follows */
  readonly last: number
  /** Pairs in the window that is open */
  readonly pending: number
  /** Characters since the start of the stream */
  readonly offset: number
  readonly vocabularySize: number
}

/** Runs to segments */
export class Segmenter {
  readonly #truncation: Truncation
  readonly #owned: boolean
  #last: number | undefined
  #run: Pick<Run, 'vocabulary' | 'vocabularySize' | 'muted'> = { vocabularySize: 0 }
  #pending = 0
  #offset = 0

  /** Continues from a place, or starts a stream. Throws OptionError. */
  constructor(truncation: Truncation, from?: Place, owned = false) {
    assertTruncation(truncation)
    this.#truncation = truncation
    this.#owned = owned
    if (from === undefined) return
    this.#last = from.last
    this.#pending = from.pending
    this.#offset = from.offset
    this.#run = from
  }

  *push(run: Run): Iterable<Segment> {
    for (let from = 0; from < run.targets.length; ) {
      const room = this.#last === undefined ? 1 : this.#truncation.every - this.#pending
      const to = Math.min(from + room, run.targets.length)
      yield this.#cut(run, from, to)
      from = to
    }
  }

  /** The empty segment that closes a window which the end of the stream left open */
  *flush(): Iterable<Segment> {
    if (this.#pending === 0 || this.#last === undefined) return
    this.#pending = 0
    const none = new Int32Array()
    yield this.#segment(this.#run, none, none, none, this.#last, true)
  }

  #cut(run: Run, from: number, to: number): Segment {
    const { characters, inputs, targets } = this.#last === undefined ? first(run) : piece(run, from, to, this.#last)
    const next = to === run.targets.length ? run.next : run.targets[to - 1]!
    this.#pending = (this.#pending + inputs.length) % this.#truncation.every
    this.#last = next
    this.#run = run
    this.#offset += targets.length
    const closes = inputs.length > 0 && this.#pending === 0
    return this.#segment(run, characters, inputs, targets, next, closes)
  }

  #segment(
    { vocabulary, vocabularySize, muted }: Pick<Run, 'vocabulary' | 'vocabularySize' | 'muted'>,
    characters: Int32Array,
    inputs: Int32Array,
    targets: Int32Array,
    next: number,
    closes: boolean,
  ): Segment {
    const segment = {
      text: textOf(characters, vocabulary?.alphabet),
      characters,
      inputs,
      targets,
      next,
      vocabularySize,
      vocabulary,
      muted,
      owned: this.#owned,
      closes,
      truncation: this.#truncation,
      offset: this.#offset,
      // room for what the stages add: V8 takes 2 us to add a property to a copy, and 40 ns to set one that the copy has (bench/README.md)
      activations: undefined,
      losses: undefined,
      bits: undefined,
      injected: undefined,
      update: undefined,
      prediction: undefined,
      [INSPECT]: summaryOf,
    }
    return segment
  }
}

const INNER = new Set('characters inputs targets next vocabulary vocabularySize muted owned truncation activations losses'.split(' '))

/** What `console.log` of Node shows of a segment: what is for people, and what was added to it */
function summaryOf(this: Segment & { readonly bits?: readonly number[] }): object {
  const { bits } = this
  const shown = Object.entries({ ...this, ...(bits && { bits: rounded(bits) }) })
  return Object.fromEntries(shown.filter(([name, value]) => value !== undefined && !INNER.has(name)))
}

type Piece = Pick<Segment, 'characters' | 'inputs' | 'targets'>

/** The first character of a stream, which no input comes before */
function first({ characters, targets }: Run): Piece {
  return { characters: characters.slice(0, 1), inputs: new Int32Array(), targets: targets.slice(0, 1) }
}

/** Characters [from, to) of a run, which follow the symbol `last`. A run that is all of it, as on a trickle, is not copied. */
function piece(run: Run, from: number, to: number, last: number): Piece {
  const { characters, targets } = run
  const count = to - from
  // Stryker disable next-line ConditionalExpression: only saves a copy
  if (count === targets.length) return { characters, inputs: shifted(last, targets), targets }
  // one buffer for the three: V8 takes 0.4 us to allocate one of more than 64 bytes, and 0.08 us for a view of it
  const numbers = new Int32Array(2 * count + 1)
  numbers[count] = last
  for (let i = 0; i < count; i++) {
    numbers[i] = characters[from + i]!
    numbers[count + 1 + i] = targets[from + i]!
  }
  return { characters: numbers.subarray(0, count), inputs: numbers.subarray(count, 2 * count), targets: numbers.subarray(count + 1) }
}

/** The input before each target: the last symbol, then the targets but the last */
function shifted(last: number, targets: Int32Array): Int32Array {
  const inputs = new Int32Array(targets.length)
  inputs[0] = last
  // Stryker disable next-line EqualityOperator: an array of numbers ignores what is beyond its end
  for (let i = 1; i < targets.length; i++) inputs[i] = targets[i - 1]!
  return inputs
}
