import { OptionError } from '../text/option-error.ts'
import type { Alphabet } from '../text/vocabulary.ts'

export type CellName = 'rnn' | 'gru' | 'lstm' | 'mi'
export type OptimizerName = 'sgd' | 'adagrad' | 'leaky-adagrad' | 'rmsprop' | 'adam'
export type BackendName = 'reference' | 'simd'
/**
 * Where options start from. A whole learner takes less than 40 MB with `default`; less than 160 MB with `large`, which predicts best and is slower; less
 * than 1 MB with `small`, whose vocabulary holds 192 symbols: further characters stay novel. `min-char-rnn` is Karpathy's, without direct connections.
 */
export type Preset = 'default' | 'small' | 'large' | 'min-char-rnn'

/** Everything that makes two models the same, given the same text */
export interface ModelOptions {
  /** What a layer's step computes: a vanilla recurrent cell, PyTorch's nn.GRU or nn.LSTM, or a cell with multiplicative integration (Wu et al. 2016) */
  readonly cell: CellName
  /** Hidden units of each layer */
  readonly hidden: number
  /** Recurrent layers, each reading the states of the one below it */
  readonly layers: number
  /** Direct connections from the last 1 .. `ngram` characters and from words to the prediction; 0: none */
  readonly ngram: number
  /** Their table has 2 ** tableBits lines of 32 bytes */
  readonly tableBits: number
  /** Size of their updates; 0: they learn nothing */
  readonly ngramLearningRate: number
  /**
   * The network conducts the direct connections: it sets their gates from its hidden state, and reads what is known of the place beside the last
   * character, of which words and the like share 2 ** conductorBits rows of weights. 0: it does neither
   */
  readonly conductorBits: number
  /** Characters between two updates (k1) */
  readonly every: number
  /** How many steps the error flows back (k2), at least `every` */
  readonly through: number
  /** Characters that cost no more nats than this are not learned from; 0: all are */
  readonly learnAbove: number
  readonly optimizer: OptimizerName
  readonly learningRate: number
  /** The learning rate is divided by sqrt(1 + updates / decay); 0: it is constant */
  readonly decay: number
  /** The share of the learning rate that decay leaves at least */
  readonly rateFloor: number
  /** sgd: the share of its velocity that an update keeps; 0: none */
  readonly momentum: number
  /** adam: the share of its mean of gradients that an update keeps; 0: it keeps no mean */
  readonly beta1: number
  /** leaky-adagrad, rmsprop and adam: the share of the accumulated squares of gradients that an update keeps */
  readonly beta2: number
  /** Each element of the gradient is clipped to [-clip, clip] */
  readonly clip: number
  /** Before that, the whole gradient is scaled to at most this Euclidean norm; 0: it is not */
  readonly clipNorm: number
  /** The standard deviation of the initial weights */
  readonly deviation: number
  readonly seed: number
  readonly alphabet: Alphabet
  /** How many symbols an open vocabulary may hold */
  readonly vocabularyLimit: number
  readonly backend: BackendName
}

/** Options as somebody gives them: a preset, and what differs from it */
export type GivenOptions = Partial<ModelOptions> & { readonly preset?: Preset }

interface NumberRule {
  readonly kind: 'number'
  readonly min: number
  readonly max: number
  readonly integer?: true
}

interface ChoiceRule {
  readonly kind: 'choice'
  readonly choices: readonly string[]
}

export type Rule = NumberRule | ChoiceRule

export const PRESET_NAMES: readonly Preset[] = ['default', 'small', 'large', 'min-char-rnn']
export const OPTIMIZER_NAMES: readonly OptimizerName[] = ['sgd', 'adagrad', 'leaky-adagrad', 'rmsprop', 'adam']

/** One table for the checks, the messages and the help of the command line, whose order this is: what is used most comes first */
export const RULES: Readonly<Record<keyof ModelOptions | 'preset', Rule>> = {
  preset: { kind: 'choice', choices: PRESET_NAMES },
  cell: { kind: 'choice', choices: ['rnn', 'gru', 'lstm', 'mi'] },
  hidden: { kind: 'number', min: 1, max: 4096, integer: true },
  layers: { kind: 'number', min: 1, max: 4, integer: true },
  learningRate: { kind: 'number', min: 0, max: 10 },
  optimizer: { kind: 'choice', choices: OPTIMIZER_NAMES },
  seed: { kind: 'number', min: 0, max: 2 ** 32 - 1, integer: true },
  alphabet: { kind: 'choice', choices: ['characters', 'bytes'] },
  vocabularyLimit: { kind: 'number', min: 2, max: 16384, integer: true },
  backend: { kind: 'choice', choices: ['simd', 'reference'] },
  ngram: { kind: 'number', min: 0, max: 8, integer: true },
  tableBits: { kind: 'number', min: 4, max: 24, integer: true },
  ngramLearningRate: { kind: 'number', min: 0, max: 10 },
  conductorBits: { kind: 'number', min: 0, max: 16, integer: true },
  every: { kind: 'number', min: 1, max: 10000, integer: true },
  through: { kind: 'number', min: 1, max: 10000, integer: true },
  learnAbove: { kind: 'number', min: 0, max: 100 },
  decay: { kind: 'number', min: 0, max: 1e9 },
  rateFloor: { kind: 'number', min: 0, max: 1 },
  momentum: { kind: 'number', min: 0, max: 0.9999 },
  beta1: { kind: 'number', min: 0, max: 0.9999 },
  beta2: { kind: 'number', min: 0, max: 0.999999 },
  clip: { kind: 'number', min: 1e-6, max: 1e6 },
  clipNorm: { kind: 'number', min: 0, max: 1e6 },
  deviation: { kind: 'number', min: 0, max: 10 },
}

const MIN_CHAR_RNN: ModelOptions = {
  cell: 'rnn',
  hidden: 100,
  layers: 1,
  ngram: 0,
  tableBits: 4,
  ngramLearningRate: 0.8,
  conductorBits: 0,
  every: 25,
  through: 25,
  learnAbove: 0,
  optimizer: 'adagrad',
  learningRate: 0.1,
  decay: 0,
  rateFloor: 0,
  momentum: 0,
  beta1: 0,
  beta2: 0.9998,
  clip: 5,
  clipNorm: 0,
  deviation: 0.01,
  seed: 1,
  alphabet: 'characters',
  vocabularyLimit: 1024,
  backend: 'simd',
}

/** What an optimizer starts from unless others are given; tuned on Shakespeare and logs, but for Adagrad's, which is Karpathy's */
const RATES: Readonly<Record<OptimizerName, Partial<ModelOptions>>> = {
  sgd: { learningRate: 0.01 },
  adagrad: { learningRate: 0.1 },
  'leaky-adagrad': { learningRate: 0.05, beta2: 0.99 },
  rmsprop: { learningRate: 0.002, decay: 3000, rateFloor: 0.5, beta2: 0.99 },
  adam: { learningRate: 0.002, decay: 3000, rateFloor: 0.5 },
}

// measured in bench/quality.md
const PRESETS: Readonly<Record<Preset, Partial<ModelOptions>>> = {
  default: { cell: 'mi', hidden: 24, ngram: 4, tableBits: 20, conductorBits: 12, learnAbove: 0.03, optimizer: 'adam' },
  large: { cell: 'mi', hidden: 128, ngram: 5, tableBits: 22, conductorBits: 12, learnAbove: 0.01, optimizer: 'adam' },
  // weights, accumulators and their copies grow with the symbols: at 256 a learner would pass 1 MB
  small: { cell: 'mi', hidden: 24, ngram: 4, tableBits: 13, conductorBits: 6, learnAbove: 0.03, optimizer: 'adam', vocabularyLimit: 192 },
  'min-char-rnn': {},
}

/** Given options completed by a preset and checked. Throws OptionError. `through` follows `every` upwards unless it is given. */
export function modelOptions(given: GivenOptions = {}): ModelOptions {
  for (const [name, value] of Object.entries(given)) check(name, value)
  const { preset = 'default', ...own } = given
  const named = { ...MIN_CHAR_RNN, ...PRESETS[preset], ...own }
  const start = { ...named, ...RATES[named.optimizer], ...own }
  const options = {
    ...start,
    // scaled to the width, 0.17 bits per character better on Shakespeare than 0.01
    deviation: own.deviation ?? (preset === 'min-char-rnn' ? MIN_CHAR_RNN.deviation : 1 / Math.sqrt(start.hidden)),
    through: own.through ?? Math.max(start.every, MIN_CHAR_RNN.through),
  }
  assertTruncation(options)
  return options
}

/** Whether the network reads more than the last character, and sets the gates of the direct connections */
export function conducts({ ngram, conductorBits }: Pick<ModelOptions, 'ngram' | 'conductorBits'>): boolean {
  return ngram > 0 && conductorBits > 0
}

/** Throws OptionError unless the error can flow back as far as a window is long */
export function assertTruncation({ every, through }: Pick<ModelOptions, 'every' | 'through'>): void {
  check('every', every)
  check('through', through)
  if (through < every) throw new OptionError('through', `through is ${through}, but it must be at least every, which is ${every}`)
}

/** Throws OptionError unless there is such an option, and the value is one of it */
export function check(name: string, value: unknown): void {
  const rule = new Map<string, Rule>(Object.entries(RULES)).get(name)
  if (rule === undefined) throw new OptionError(name, `there is no option ${name}; the options are ${Object.keys(RULES).join(', ')}`)
  if (!allows(rule, value)) throw new OptionError(name, `${name} is ${describe(value)}, but it must be ${rangeOf(rule)}`)
}

function allows(rule: Rule, value: unknown): boolean {
  if (rule.kind === 'choice') return typeof value === 'string' && rule.choices.includes(value)
  return typeof value === 'number' && value >= rule.min && value <= rule.max && (rule.integer !== true || Number.isInteger(value))
}

/** The values that a rule allows, for people */
export function rangeOf(rule: Rule): string {
  if (rule.kind === 'choice') return `one of ${rule.choices.join(', ')}`
  return `${rule.integer === true ? 'a whole number' : 'a number'} from ${rule.min} to ${rule.max}`
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return 'a function'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
