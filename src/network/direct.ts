import type { Backend } from '../kernels/backend.ts'
import { Scope } from '../kernels/scope.ts'
import type { Archive } from '../archive.ts'
import { contextsOf } from './contexts.ts'
import { type FeatureRows, LEVELS } from './features.ts'
import type { Tape } from './tape.ts'

// Tuned together on Shakespeare, eight logs and three kinds of source code (bench/quality.md); all are flat around these values
const EPSILON = 0.5
/** The gates' learning rate is this share of the weights'; half of it where a network moves them besides */
const GATE_SHARE = 0.025
const GATE_SHARE_CONDUCTED = 0.0125
const GATE_CLIP = 5

const LINE = 8
/** A gain and a bias for each of 30 states */
const STATES = 60
/** And, where a network conducts, what the last symbol gains by having come so often in a row */
const STATES_AND_RECENCY = 68
const RECENCY = 0.1

/**
 * Direct connections from the last characters and words to the logits: the RNN with a maximum-entropy part of Mikolov, Deoras, Povey, Burget and
 * Cernocky (ASRU 2011), over one hashed table of fixed size. Here a context keeps weights only for the symbols that followed it (4 in a line of 32
 * bytes), has one accumulator per line, and reaches the logits through a gate that learns how far to trust it. A network that conducts moves these gates.
 */
export class DirectConnections<Tensor> {
  readonly table: Tensor
  readonly gates: Tensor
  readonly lines: number
  readonly #backend: Backend<Tensor>
  readonly #scope: Scope<Tensor>
  readonly #orders: number
  readonly #contexts: number
  /** Numbers in a row of gates */
  readonly #G: number
  readonly #dgates: Tensor
  #pending: Pending<Tensor>
  /** Space for what the table knows of some steps */
  #tops = new Int32Array()

  /** `lines` is a power of two */
  constructor(backend: Backend<Tensor>, orders: number, lines: number, conducted: boolean) {
    this.#backend = backend
    this.#scope = new Scope(backend, this)
    this.#orders = orders
    this.#contexts = contextsOf(orders, conducted)
    this.#G = conducted ? STATES_AND_RECENCY : STATES
    this.lines = lines
    this.table = this.#scope.zeros(lines, LINE)
    this.gates = this.#scope.zeros(this.gateRows, this.#G)
    this.#dgates = this.#scope.zeros(this.gateRows, this.#G)
    this.#pending = {
      steps: 0,
      V: 1,
      dys: this.#scope.zeros(1, 1),
      gains: this.#scope.zeros(1, this.#contexts),
      contexts: new Int32Array(),
      targets: new Int32Array(),
    }
    backend.write(this.gates, 0, this.#G, this.#openGates())
  }

  /** One row for each context and longest known order, then one for the levels of a repetition */
  get gateRows(): number {
    return this.#contexts * (this.#orders + 1) + 1
  }

  /** Writes what the table knows of steps [from, to) into their features */
  look({ contexts, features }: Tape<Tensor>, rows: FeatureRows, from: number, to: number): void {
    if (this.#tops.length < 2 * (to - from)) this.#tops = new Int32Array(2 * (to - from))
    const tops = this.#tops
    this.#backend.directTop(tops, this.table, contexts, from, to, this.#contexts, this.#orders)
    for (let t = from; t < to; t++) rows.writeTop(features, t, tops[2 * (t - from)]!, tops[2 * (t - from) + 1]!)
  }

  /** Adds what the contexts of steps [from, to) say to the logits */
  forward({ ys, us, contexts }: Tape<Tensor>, from: number, to: number, V: number): void {
    this.#backend.directForward(ys, us, this.table, this.gates, contexts, from, to, V, this.#contexts, this.#orders, this.#G)
  }

  /** Adds the gradients of some steps of the tape, whose dys are given one after the other; the first rows of us become the gradients at theirs */
  backward(tape: Tape<Tensor>, dys: Tensor, lessons: Int32Array, V: number): void {
    const pending = this.#room(lessons.length, V)
    const { steps, gains, contexts, targets } = pending
    const width = this.#width
    this.#backend.copy(pending.dys, steps, dys, 0, lessons.length, V)
    for (let k = 0; k < lessons.length; k++) {
      const [row, t] = [steps + k, lessons[k]!]
      targets[row] = tape.targets[t]!
      for (let i = 0; i < width; i++) contexts[row * width + i] = tape.contexts[t * width + i]!
    }
    pending.steps += lessons.length
    const [C, orders, G] = [this.#contexts, this.#orders, this.#G]
    this.#backend.directBackward(this.#dgates, gains, tape.us, this.table, this.gates, pending.dys, contexts, lessons, steps, V, C, orders, G)
  }

  /** Multiplies the gradients by a factor */
  scale(factor: number): void {
    const { steps, V, dys } = this.#pending
    this.#backend.scale(this.#dgates, this.gateRows, this.#G, factor)
    this.#backend.scale(dys, steps, V, factor)
  }

  /** Goes down the gradients, and clears them */
  descend(learningRate: number): void {
    if (learningRate === 0) return this.discard()
    const { steps, V, dys, gains, contexts, targets } = this.#pending
    const share = this.#G === STATES ? GATE_SHARE : GATE_SHARE_CONDUCTED
    this.#backend.directDescend(this.table, gains, dys, contexts, targets, 0, steps, V, this.#contexts, this.#G, learningRate, EPSILON)
    this.#backend.sgd(this.gates, this.#dgates, this.gateRows, this.#G, share * learningRate, GATE_CLIP)
    this.#pending.steps = 0
  }

  /** Clears the gradients */
  discard(): void {
    this.#backend.clear(this.#dgates)
    this.#pending.steps = 0
  }

  /** The square of the gradient's norm, as far as it goes through the gates */
  squaredNorm(): number {
    return this.#backend.squaredNorm(this.#dgates, this.gateRows, this.#G)
  }

  /** The bytes of everything that is learned, in a fixed order */
  eachBytes(take: (bytes: Uint8Array) => void): void {
    take(this.#backend.bytes(this.gates, 0, this.gateRows, this.#G))
    take(this.#backend.bytes(this.table, 0, this.lines, LINE))
  }

  /** Saves or loads all that is learned; V symbols are known */
  transfer(archive: Archive, V: number): void {
    const { dtype } = this.#backend
    archive.tensor('direct.gates', this.#backend, this.gates, this.gateRows, this.#G)
    archive.bits('direct.table', this.#backend, this.table, this.lines, LINE, (bytes) => checkLines(bytes, dtype, V))
  }

  free(): void {
    this.#scope.free()
  }

  /** Numbers in a row of contexts */
  get #width(): number {
    return this.#contexts + 2
  }

  /** Room for that many more steps, of V symbols */
  #room(steps: number, V: number): Pending<Tensor> {
    const { dys, gains, contexts, targets, ...old } = this.#pending
    const rows = Math.max(targets.length, old.steps + steps)
    if (rows === targets.length && V === old.V) return this.#pending
    this.#pending = {
      steps: old.steps,
      V,
      dys: this.#scope.grow(dys, rows, V, old.V),
      gains: rows > targets.length ? this.#scope.grow(gains, rows, this.#contexts, this.#contexts) : gains,
      contexts: enlarged(contexts, rows * this.#width),
      targets: enlarged(targets, rows),
    }
    return this.#pending
  }

  /** All gains 1 and all biases 0; a repetition counts for more, the longer it has been one, and a symbol that came last for a little */
  #openGates(): Float64Array {
    const G = this.#G
    const row = Array.from({ length: G }, (_, i) => (i >= STATES ? RECENCY : i % 2 === 0 ? 1 : 0))
    const repetition = row.map((_, level) => (level < LEVELS ? 0.5 + 0.1 * level : 0))
    return Float64Array.from({ length: this.gateRows * G }, (_, i) => (i < (this.gateRows - 1) * G ? row : repetition)[i % G]!)
  }
}

/** Steps whose gradient was taken and that were not descended yet */
interface Pending<Tensor> {
  steps: number
  readonly V: number
  readonly dys: Tensor
  /** Through which each context went */
  readonly gains: Tensor
  readonly contexts: Int32Array
  readonly targets: Int32Array
}

function enlarged(numbers: Int32Array, length: number): Int32Array {
  const larger = new Int32Array(Math.max(length, numbers.length))
  larger.set(numbers)
  return larger
}

const SYMBOLS = 5

/** Throws RangeError unless all weights and accumulators of a table are finite and all its symbols below V: kernels trust them */
function checkLines(bytes: Uint8Array, dtype: Backend<unknown>['dtype'], V: number): void {
  const { buffer } = new Uint8Array(bytes)
  const numbers = dtype === 'F32' ? new Float32Array(buffer) : new Float64Array(buffer)
  const pairs = dtype === 'F32' ? new Uint32Array(buffer) : new Float64Array(buffer)
  for (let line = 0; line < numbers.length; line += LINE) {
    for (let i = 0; i < SYMBOLS; i++) if (!Number.isFinite(numbers[line + i])) throw new RangeError('direct.table holds a weight that is not finite')
    for (const pair of [pairs[line + SYMBOLS]!, pairs[line + SYMBOLS + 1]!]) {
      // each is a symbol plus 1
      if ((pair & 0xffff) > V || pair >>> 16 > V) throw new RangeError(`direct.table holds a symbol beyond the ${V} that there are`)
    }
  }
}
