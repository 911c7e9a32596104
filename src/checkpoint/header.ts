import { CheckpointError } from './error.ts'

/** What a header says of a tensor; nothing of it is checked against the others or against the data */
export interface TensorHeader {
  readonly dtype: string
  readonly shape: readonly number[]
  /** First byte of the data, and the one after the last, counted from the end of the header */
  readonly offsets: readonly [begin: number, end: number]
}

export interface Header {
  readonly tensors: ReadonlyMap<string, TensorHeader>
  readonly metadata: ReadonlyMap<string, string>
}

export const METADATA = '__metadata__'

// names that change the object which a careless reader makes of them
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype'])
const DIMENSIONS = 8
const MEMBERS = 4096

/**
 * Reads the JSON header of a safetensors file. It takes only what the format has, so that depth, sizes and kinds are bounded, and it refuses duplicate
 * keys, which JSON.parse hides. Throws CheckpointError.
 */
export function parseHeader(text: string): Header {
  const parser = new Parser(text)
  const tensors = new Map<string, TensorHeader>()
  let metadata: ReadonlyMap<string, string> = new Map()
  parser.object('the header', (name) => {
    if (name === METADATA) metadata = metadataOf(parser)
    else tensors.set(name, tensorOf(parser, name))
  })
  parser.end()
  return { tensors, metadata }
}

/** Refuses a name of a tensor or of metadata that no file should have */
export function checkName(name: string): void {
  if (FORBIDDEN.has(name)) throw new CheckpointError(`${quote(name)} is no name for a tensor or for metadata`)
}

/** A name of unknown origin, short enough for a message */
export function quote(name: string): string {
  return JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}...` : name)
}

function metadataOf(parser: Parser): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>()
  parser.object(METADATA, (key) => metadata.set(key, parser.string()))
  return metadata
}

function tensorOf(parser: Parser, name: string): TensorHeader {
  let dtype: string | undefined
  let shape: readonly number[] | undefined
  let offsets: readonly number[] | undefined
  const tensor = `tensor ${quote(name)}`
  parser.object(tensor, (key) => {
    if (key === 'dtype') dtype = parser.string()
    else if (key === 'shape') shape = parser.integers(DIMENSIONS)
    else if (key === 'data_offsets') offsets = parser.integers(2)
    else throw new CheckpointError(`${tensor} has an unknown field ${quote(key)}`)
  })
  if (dtype === undefined || shape === undefined || offsets === undefined) throw new CheckpointError(`${tensor} lacks dtype, shape or data_offsets`)
  const [begin, end] = offsets
  if (begin === undefined || end === undefined) throw new CheckpointError(`${tensor} needs two data_offsets`)
  return { dtype, shape, offsets: [begin, end] }
}

/** A cursor in JSON that meets only objects, strings and arrays of whole numbers */
class Parser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  object(what: string, member: (key: string) => void): void {
    const keys = new Set<string>()
    this.#expect('{')
    if (this.#take('}')) return
    do {
      const key = this.string()
      checkName(key)
      if (keys.has(key)) throw new CheckpointError(`${what} has the key ${quote(key)} twice`)
      if (keys.size === MEMBERS) throw new CheckpointError(`${what} has more than ${MEMBERS} members`)
      keys.add(key)
      this.#expect(':')
      member(key)
    } while (this.#take(','))
    this.#expect('}')
  }

  string(): string {
    this.#skip()
    const start = this.#at
    if (this.#text[start] !== '"') this.#fail('a string')
    let close = this.#text.indexOf('"', start + 1)
    while (close !== -1 && this.#escaped(close)) close = this.#text.indexOf('"', close + 1)
    if (close === -1) this.#fail('the end of the string')
    this.#at = close + 1
    return this.#unquote(start, close + 1)
  }

  integers(most: number): readonly number[] {
    const numbers: number[] = []
    this.#expect('[')
    if (this.#take(']')) return numbers
    do {
      if (numbers.length === most) throw new CheckpointError(`the header has a list of more than ${most} numbers`)
      numbers.push(this.#integer())
    } while (this.#take(','))
    this.#expect(']')
    return numbers
  }

  end(): void {
    this.#skip()
    if (this.#at < this.#text.length) this.#fail('nothing more')
  }

  #integer(): number {
    this.#skip()
    const digits = /(?:0|[1-9]\d{0,15})(?![\d.eE])/y
    digits.lastIndex = this.#at
    const value = Number(digits.exec(this.#text)?.[0])
    if (!Number.isSafeInteger(value)) this.#fail('a whole number from 0 to 2^53 - 1')
    this.#at = digits.lastIndex
    return value
  }

  #unquote(from: number, to: number): string {
    try {
      return String(JSON.parse(this.#text.slice(from, to)))
    } catch {
      throw new CheckpointError(`the header is not JSON: a broken string at character ${from}`)
    }
  }

  #escaped(at: number): boolean {
    let backslashes = 0
    while (this.#text[at - 1 - backslashes] === '\\') backslashes += 1
    return backslashes % 2 === 1
  }

  #skip(): void {
    const blanks = /[ \t\n\r]*/y
    blanks.lastIndex = this.#at
    blanks.exec(this.#text)
    this.#at = blanks.lastIndex
  }

  #take(sign: string): boolean {
    this.#skip()
    if (this.#text[this.#at] !== sign) return false
    this.#at += 1
    return true
  }

  #expect(sign: string): void {
    if (!this.#take(sign)) this.#fail(sign)
  }

  #fail(expected: string): never {
    const found = this.#at < this.#text.length ? JSON.stringify(this.#text[this.#at]) : 'its end'
    throw new CheckpointError(`the header is not that of a safetensors file: expected ${expected} at character ${this.#at}, found ${found}`)
  }
}
