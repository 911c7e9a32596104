import { type Block, Memory } from './memory.ts'
import { WASM } from './wasm.generated.ts'
import { webAssembly } from './webassembly.ts'

/** What the WebAssembly module exports. Every argument but sizes and rates is a byte address; assembly/ says what the kernels do. */
export interface Kernels {
  rnnForward(hs: number, inputs: number, Wxh: number, Whh: number, bh: number, steps: number, H: number): void
  rnnBackward(
    dWxh: number,
    dWhh: number,
    dbh: number,
    dhs: number,
    draws: number,
    hs: number,
    inputs: number,
    Whh: number,
    steps: number,
    H: number,
  ): void
  symbolForward(xs: number, inputs: number, Wx: number, bx: number, steps: number, X: number): void
  symbolBackward(dWx: number, dbx: number, dxs: number, inputs: number, steps: number, X: number): void
  gruForward(hs: number, gates: number, xs: number, Whh: number, bhh: number, steps: number, H: number): void
  gruBackward(
    dWhh: number,
    dbhh: number,
    dhs: number,
    dxs: number,
    draws: number,
    hs: number,
    gates: number,
    Whh: number,
    steps: number,
    H: number,
  ): void
  lstmForward(hs: number, cs: number, gates: number, xs: number, Whh: number, bhh: number, steps: number, H: number): void
  lstmBackward(
    dWhh: number,
    dbhh: number,
    dhs: number,
    dxs: number,
    dc: number,
    hs: number,
    cs: number,
    gates: number,
    Whh: number,
    steps: number,
    H: number,
  ): void
  miForward(hs: number, gates: number, xs: number, Whh: number, factors: number, bhh: number, steps: number, H: number): void
  miBackward(
    dWhh: number,
    dfactors: number,
    dbhh: number,
    dhs: number,
    dxs: number,
    draws: number,
    hs: number,
    gates: number,
    Whh: number,
    factors: number,
    steps: number,
    H: number,
  ): void
  embeddingForward(xs: number, features: number, E: number, steps: number, N: number, X: number): void
  embeddingBackward(dE: number, dxs: number, features: number, steps: number, N: number, X: number): void
  embeddingSquaredNorm(dE: number, touched: number, count: number, X: number): number
  embeddingDescend(
    E: number,
    v: number,
    dE: number,
    touched: number,
    count: number,
    X: number,
    learningRate: number,
    clip: number,
    keep: number,
    add: number,
    epsilon: number,
  ): void
  outputForward(ys: number, hs: number, Why: number, by: number, steps: number, V: number, H: number): void
  outputBackward(
    dWhy: number,
    dby: number,
    dhs: number,
    dys: number,
    hs: number,
    Why: number,
    lessons: number,
    scratch: number,
    count: number,
    V: number,
    H: number,
  ): void
  softmaxForward(ps: number, logZs: number, ys: number, steps: number, V: number): void
  squaredNorm(dw: number, rows: number, columns: number): number
  scale(dw: number, rows: number, columns: number, factor: number): void
  sgd(w: number, dw: number, rows: number, columns: number, learningRate: number, clip: number): void
  adagrad(w: number, m: number, dw: number, rows: number, columns: number, learningRate: number, clip: number, epsilon: number): void
  momentum(w: number, m: number, dw: number, rows: number, columns: number, learningRate: number, clip: number, momentum: number): void
  rmsprop(
    w: number,
    v: number,
    dw: number,
    rows: number,
    columns: number,
    learningRate: number,
    clip: number,
    keep: number,
    add: number,
    epsilon: number,
  ): void
  adam(
    w: number,
    m: number,
    v: number,
    dw: number,
    rows: number,
    columns: number,
    learningRate: number,
    clip: number,
    beta1: number,
    beta2: number,
    oneMinusBeta1: number,
    oneMinusBeta2: number,
    epsilon: number,
  ): void
  directTop(tops: number, table: number, contexts: number, steps: number, C: number, orders: number, bits: number): void
  directForward(
    ys: number,
    us: number,
    found: number,
    table: number,
    gates: number,
    contexts: number,
    steps: number,
    V: number,
    C: number,
    orders: number,
    G: number,
    bits: number,
  ): void
  directBackward(
    dgates: number,
    gains: number,
    us: number,
    found: number,
    table: number,
    gates: number,
    dys: number,
    contexts: number,
    lessons: number,
    count: number,
    V: number,
    C: number,
    orders: number,
    G: number,
    bits: number,
  ): void
  directDescend(
    table: number,
    gains: number,
    dys: number,
    contexts: number,
    targets: number,
    steps: number,
    V: number,
    C: number,
    G: number,
    bits: number,
    learningRate: number,
    epsilon: number,
  ): void
}

/** The kernels, the memory that they work on, and a scratch area for the time of one call */
export class Instance {
  readonly kernels: Kernels
  readonly memory: Memory
  #scratch: Block | undefined

  constructor() {
    const engine = webAssembly()
    this.memory = new Memory()
    const module = new engine.Module(bytesOf(WASM))
    const { exports } = new engine.Instance(module, { env: { memory: this.memory.memory } })
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- assembly/index.ts exports exactly these
    this.kernels = exports as Kernels
  }

  /** The address of at least `bytes` bytes, until the next call */
  scratch(bytes: number): number {
    if (this.#scratch !== undefined && this.#scratch.bytes >= bytes) return this.#scratch.address
    const scratch = this.memory.allocate(bytes)
    if (this.#scratch !== undefined) this.memory.free(this.#scratch)
    this.#scratch = scratch
    return scratch.address
  }
}

let shared: Instance | undefined

// less is kept for the next model
const LARGE = 2 ** 26

/** Lets a large memory go when nothing in it is in use any more but the scratch area: WebAssembly memory grows and never shrinks */
export function retireWhenEmpty(instance: Instance): void {
  if (instance === shared && instance.memory.blocks <= 1 && instance.memory.size > LARGE) shared = undefined
}

/** The one instance of this process, made when it is first asked for: a memory reserves gigabytes of addresses, so thousands of models share it */
export function sharedInstance(): Instance {
  shared ??= new Instance()
  return shared
}

/** The bytes that scripts/build-kernels.mjs wrote as text: one or two characters each */
function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text.match(/[}~]?./g) ?? [], (pair) => {
    const last = pair.charCodeAt(pair.length - 1) - 40
    return pair.length === 1 ? last : last + 93 * (pair.charCodeAt(0) - 124)
  })
}
