import { hexDigest, sha256 } from '../sha256.ts'
import { Learner } from '../learner.ts'
import { type GivenOptions, type ModelOptions, modelOptions, RULES } from '../network/options.ts'
import { OptionError } from '../text/option-error.ts'
import { createModel } from '../network/create.ts'
import { digest } from '../network/digest.ts'
import { DecompressionError } from './errors.ts'

/*
 * Compressed text:
 *
 *     magic       89 52 58 and the format's version, 1
 *     fingerprint 4 bytes: equal where the same options give the same numbers
 *     options     varint, then so many bytes: the model options that were given, such as "h32,s7": a letter and the value
 *     blocks      each of 256 KiB of text, the last of less:
 *                   varint 2 * length + kind, kind 1: coded, varint characters, `length` bytes of the range coder
 *                                             kind 0: stored, `length` bytes of text, because coding did not shrink it. It is learned all the same.
 *                   CRC-32 (4 bytes) of all text so far
 *     end         varint 0, varint bytes of the text, varint characters of the text
 *
 * A varint has 7 bits a byte, low ones first, and the high bit set in all but the last. Other numbers have their low byte first.
 */

export const MAGIC: readonly number[] = [0x89, 0x52, 0x58]
export const VERSION = 1
/** A block ends with the character that brings its text to so many bytes */
export const BLOCK: number = 2 ** 18
/** The last character of a block may reach beyond it */
export const LONGEST_BLOCK: number = BLOCK + 3
export const LONGEST_OPTIONS = 4096

/** A number below 2 ** 53 in as few bytes as it needs */
export function varint(number: number): readonly number[] {
  const bytes: number[] = []
  let rest = number
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push(128 + (rest % 128))
  return [...bytes, rest]
}

export function uint32(number: number): readonly number[] {
  return [number & 255, (number >>> 8) & 255, (number >>> 16) & 255, number >>> 24]
}

/** All that a decoder has to know. Throws OptionError. */
export function header(options: GivenOptions): Uint8Array {
  const text = new TextEncoder().encode(optionsText(options))
  return Uint8Array.of(...MAGIC, VERSION, ...uint32(fingerprint(modelOptions(options))), ...varint(text.length), ...text)
}

/** A letter for each option. They never change their meaning. */
const LETTERS: Readonly<Record<keyof typeof RULES, string>> = {
  preset: 'p',
  hidden: 'h',
  ngram: 'n',
  tableBits: 't',
  ngramLearningRate: 'N',
  every: 'e',
  through: 'T',
  optimizer: 'o',
  learningRate: 'l',
  clip: 'c',
  deviation: 'd',
  seed: 's',
  alphabet: 'a',
  vocabularyLimit: 'v',
  backend: 'b',
  cell: 'k',
  layers: 'L',
  decay: 'D',
  rateFloor: 'f',
  momentum: 'm',
  beta1: '1',
  beta2: '2',
  clipNorm: 'C',
  conductorBits: 'g',
  learnAbove: 'q',
}

function optionsText(options: GivenOptions): string {
  const letters = new Map(Object.entries(LETTERS))
  return Object.entries(options)
    .map(([name, value]) => `${letters.get(name)}${value}`)
    .join(',')
}

/** The options of a header. Throws DecompressionError. */
export function parseOptions(text: string): ModelOptions {
  const entries = text === '' ? [] : text.split(',').map(parseOption)
  try {
    return modelOptions(Object.fromEntries(entries))
  } catch (error) {
    if (!(error instanceof OptionError)) throw error
    throw new DecompressionError('the header is damaged, or asks for a model that this version of rxrnn has not got')
  }
}

function parseOption(entry: string): readonly [name: string, value: string | number] {
  const [name = ''] = Object.entries(LETTERS).find(([, letter]) => letter === entry[0]) ?? []
  const value = entry.slice(1)
  const isNumber = new Map(Object.entries(RULES)).get(name)?.kind === 'number'
  return [name, isNumber && value !== '' ? Number(value) : value]
}

const SENTENCE = 'The cat sat on the mat; größer than 12.5 × the hat?\n'.repeat(8)

/** 32 bits that change when a change of the program changes its numbers: what a small model makes of a sentence, and the complete options */
export function fingerprint(options: ModelOptions): number {
  const { cell, optimizer, backend } = options
  const model = createModel({ cell, optimizer, backend, hidden: 21, ngram: 4, tableBits: 6, every: 7, through: 12 })
  const learner = new Learner(model)
  learner.learn(SENTENCE)
  learner.end()
  const hash = sha256()
  hash.update(new TextEncoder().encode(digest(model) + JSON.stringify(options)))
  model.dispose()
  return Number.parseInt(hexDigest(hash).slice(0, 8), 16)
}
