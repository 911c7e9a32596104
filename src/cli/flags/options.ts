import { type Command, InvalidArgumentError, Option } from 'commander'
import { type GivenOptions, modelOptions, OPTIMIZER_NAMES, type Preset, PRESET_NAMES, RULES, type Rule } from '../../network/options.ts'
import { namesIn } from '../../text/list-of.ts'
import type { OptionError } from '../../text/option-error.ts'

/** `learningRate` is --learning-rate on the command line */
export function flagOf(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** The group of the options of a model, which is the last one in every help */
export const MODEL_OPTIONS = 'Model options:'

/** Those of them that the help of a command shows */
export const EVERYDAY_MODEL_OPTIONS: readonly string[] = ['--preset', '--seed']

/** Where the others are */
export const MORE_MODEL_OPTIONS = 'rxrnn help model shows all options of the model.'

/** What the help says of each: not beside the rules, as a page does without it */
const TEXTS: Readonly<Record<keyof typeof RULES, string>> = {
  preset: 'where the other options start from',
  cell: 'the recurrent cell',
  hidden: 'hidden units of each layer',
  layers: 'recurrent layers',
  learningRate: 'size of the updates',
  optimizer: 'how gradients become updates',
  seed: 'where the random numbers start',
  alphabet: 'what is learned: Unicode characters or bytes',
  vocabularyLimit: 'symbols at most; further ones stay novel',
  backend: 'what computes: float32 on WebAssembly, or float64 in TypeScript',
  ngram: 'last characters with direct connections',
  tableBits: 'log2 of the lines in their table, 32 bytes each',
  ngramLearningRate: 'size of their updates',
  conductorBits: 'log2 of the rows that the network reads to set their gates; 0: it does not',
  every: 'characters between two updates',
  through: 'steps the error flows back, at least --every',
  learnAbove: 'nats that a character must cost to be learned; 0: none',
  decay: 'divide the rate by sqrt(1 + updates / X); 0: do not',
  rateFloor: 'share of the rate that decay leaves at least',
  momentum: 'sgd: share of its velocity that an update keeps',
  beta1: 'adam: share of its mean of gradients that an update keeps; 0: no mean',
  beta2: 'leaky-adagrad, rmsprop, adam: share of its squared gradients that an update keeps',
  clip: 'bound on each element of the gradient',
  clipNorm: 'bound on the norm of the gradient; 0: none',
  deviation: 'standard deviation of the initial weights',
}
const ABOUT: ReadonlyMap<string, string> = new Map(Object.entries(TEXTS))

/** Adds the options of a model, the same for every command that makes one */
export function withModelOptions(command: Command, preset: Preset = 'default'): Command {
  const defaults = new Map<string, unknown>(Object.entries({ preset, ...modelOptions() }))
  for (const [name, rule] of Object.entries(RULES)) {
    const option = modelOption(name, rule).helpGroup(MODEL_OPTIONS)
    // told, not set: what is not given is left to the preset or the checkpoint
    command.addOption(EVERYDAY_MODEL_OPTIONS.includes(option.long ?? '') ? option.default(undefined, String(defaults.get(name))) : option)
  }
  return command
}

/** All of them with their defaults, for a help */
export function modelOptionsWithDefaults(): readonly Option[] {
  const defaults = new Map<string, unknown>(Object.entries({ preset: 'default', ...modelOptions() }))
  return Object.entries(RULES).map(([name, rule]) =>
    modelOption(name, rule).default(defaults.get(name), name === 'deviation' ? '1 / sqrt(--hidden)' : undefined),
  )
}

/** What else is the default with each preset and each optimizer, as flags */
export function otherDefaults(): Readonly<Record<'preset' | 'optimizer', readonly (readonly [name: string, flags: string])[]>> {
  return {
    preset: PRESET_NAMES.slice(1).map((preset) => [preset, differingFlags({ preset })]),
    optimizer: OPTIMIZER_NAMES.map((optimizer) => [optimizer, differingFlags({ optimizer })]),
  }
}

function differingFlags(given: GivenOptions): string {
  const usual = new Map<string, unknown>(Object.entries(modelOptions()))
  return Object.entries(modelOptions(given))
    .filter(([name, value]) => value !== usual.get(name) && !(name in given) && !followsHidden(name, given))
    .map(([name, value]) => `${flagOf(name)} ${value}`)
    .join(' ')
}

function followsHidden(name: string, given: GivenOptions): boolean {
  const { deviation, hidden } = modelOptions(given)
  return name === 'deviation' && deviation === 1 / Math.sqrt(hidden)
}

function modelOption(name: string, rule: Rule): Option {
  const about = ABOUT.get(name)!
  if (rule.kind === 'choice') return new Option(`${flagOf(name)} <NAME>`, about).choices(rule.choices)
  return new NumberOption(`${flagOf(name)} <${rule.integer === true ? 'N' : 'X'}>`, about, rule)
}

interface NumberRange {
  readonly min: number
  readonly max: number
  readonly integer?: true
}

/** An option whose value is a number in a range, which its help states */
export class NumberOption extends Option {
  readonly range: NumberRange

  constructor(flags: string, about: string, range: NumberRange) {
    super(flags, about)
    this.range = range
    this.argParser(number(range))
  }
}

/** An option whose value is some of these names with commas between them; its placeholder is <NAME,...> */
export function listOption(flags: `${string},...>`, about: string, names: readonly string[]): Option {
  return new Option(flags, about).choices(names).argParser(listOf(names))
}

/** An option that may be given several times */
export function repeatable(flags: string, about: string): Option {
  return new Option(flags, `${about} (repeatable)`).argParser((value, before: readonly string[]) => [...before, value]).default([])
}

/** A parser of numbers in a range */
export function number({ min, max, integer }: NumberRange): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text)
    const allowed = value >= min && value <= max && (integer !== true || Number.isInteger(value))
    if (!allowed) throw new InvalidArgumentError(`It must be ${integer === true ? 'a whole number' : 'a number'} from ${min} to ${max}.`)
    return value
  }
}

/** The given options that are a model's */
export function modelFlags(given: Readonly<Record<string, unknown>>): GivenOptions {
  return Object.fromEntries(Object.entries(given).filter(([name]) => name in RULES))
}

/** A word of a message that is neither a value nor a part of a path */
const WORD = /(?<![\w/\\.-]|\bis )[a-z]+[A-Z]?[a-zA-Z]*(?![\w/\\-]|\.\w)/g

/** An option error in the words of the command line */
export function inFlags(error: OptionError): string {
  return error.message.replace(WORD, (word) => (word in RULES || word === error.option ? flagOf(word) : word))
}

/** A parser of names separated by commas */
export function listOf<Name extends string>(names: readonly Name[]): (text: string) => readonly Name[] {
  return (text) => {
    const known = namesIn(text, names)
    if (known === undefined) throw new InvalidArgumentError(`It must be one or more of ${names.join(',')}, separated by commas.`)
    return known
  }
}
