import { row } from './row.ts'

/*
 * Direct connections: what followed a context adds straight to the logits. C: contexts of a step; a step's row of `contexts` holds C hashes, the symbol
 * that a repetition leads to expect (-1: none) and the level of that repetition.
 *
 * The table holds lines of 8 numbers: 4 weights; an accumulator; 4 symbols plus 1, two in a number (0: none); the context's check and, above it, its
 * visits (0: a free line). A context begins at one of the two lines that its hash chooses, and continues at another one when its 4 symbols are taken.
 *
 * A line's weights reach the logits through a gate: gain * weight + bias, one gate for each context, longest context that is known and state of the line.
 */

const LINE = 8
const CELLS = 4
const ACCUMULATOR = 4
const SYMBOLS = 5
const CHECK = 7

/** Lines that a context may have */
const MOST_LINES = 16
const MOST_VISITS = 65535

/** Lines of a table; a power of two */
function linesOf(table: Float64Array): number {
  return table.length / LINE
}

/** The line (as an index into the table) that belongs to a hash; -1 when there is none */
function find(table: Float64Array, hash: number): number {
  const [one, other] = candidates(table, hash)
  if (holds(table, one, hash)) return one
  return holds(table, other, hash) ? other : -1
}

/** The same; when there is none, the line that was visited less is taken over */
function claim(table: Float64Array, hash: number): number {
  const found = find(table, hash)
  if (found >= 0) return found
  const [one, other] = candidates(table, hash)
  const line = visitsOf(table, one) <= visitsOf(table, other) ? one : other
  table.fill(0, line, line + LINE)
  table[line + CHECK] = hash & 0xffff
  return line
}

function candidates(table: Float64Array, hash: number): readonly [one: number, other: number] {
  const line = hash >>> (32 - Math.log2(linesOf(table)))
  return [line * LINE, (line ^ 1) * LINE]
}

function holds(table: Float64Array, line: number, hash: number): boolean {
  return visitsOf(table, line) > 0 && (table[line + CHECK]! & 0xffff) === (hash & 0xffff)
}

function visitsOf(table: Float64Array, line: number): number {
  return table[line + CHECK]! >>> 16
}

function setVisits(table: Float64Array, line: number, visits: number): void {
  table[line + CHECK] = ((table[line + CHECK]! & 0xffff) | (visits << 16)) >>> 0
}

/** The symbol of a cell; -1 for an empty one, after which all are empty */
function symbolOf(table: Float64Array, line: number, cell: number): number {
  const pair = table[line + SYMBOLS + (cell >> 1)]!
  return ((cell & 1) === 0 ? pair & 0xffff : pair >>> 16) - 1
}

function setSymbol(table: Float64Array, line: number, cell: number, symbol: number): void {
  const at = line + SYMBOLS + (cell >> 1)
  const pair = table[at]!
  table[at] = ((cell & 1) === 0 ? (pair & 0xffff0000) | (symbol + 1) : (pair & 0xffff) | ((symbol + 1) << 16)) >>> 0
}

/** Cells in use */
function cellsOf(table: Float64Array, line: number): number {
  let cells = 0
  while (cells < CELLS && symbolOf(table, line, cells) >= 0) cells++
  return cells
}

/** The hash of a context's next line */
function nextHash(hash: number): number {
  return (Math.imul(hash, 0x2c1b3c6d) + 0x9e3779b9) | 0
}

/** Where in `gates` the gain of a context is, and after it the bias: 30 states (how often it was visited, and whether 1, 2 to 3 or more symbols followed) */
function gateOf(table: Float64Array, line: number, context: number, longest: number, orders: number): number {
  const visits = line < 0 ? 0 : visitsOf(table, line)
  const cells = line < 0 ? 0 : cellsOf(table, line)
  const state = 3 * levelOf(visits) + (cells <= 1 ? 0 : cells < CELLS ? 1 : 2)
  return (context * (orders + 1) + longest) * 60 + 2 * state
}

function levelOf(visits: number): number {
  if (visits < 4) return visits
  if (visits < 10) return visits < 6 ? 4 : 5
  if (visits < 50) return visits < 20 ? 6 : 7
  return visits < 200 ? 8 : 9
}

/** The lines that the contexts of a step begin with, and how many symbols the longest has that is known (of the first `orders`, which are of 1, 2, ... symbols) */
function firstLines(table: Float64Array, hashes: Int32Array, orders: number): { readonly lines: readonly number[]; readonly longest: number } {
  const lines = Array.from(hashes, (hash) => find(table, hash))
  return { lines, longest: lines.slice(0, orders).findLastIndex((line) => line >= 0) + 1 }
}

/** Calls `visit` with each line of a context */
function eachLine(table: Float64Array, hash: number, visit: (line: number) => void): void {
  let at = hash
  let line = find(table, at)
  for (let count = 1; line >= 0; count++) {
    visit(line)
    if (count === MOST_LINES || cellsOf(table, line) < CELLS) return
    at = nextHash(at)
    line = find(table, at)
  }
}

function contextsOf(contexts: Int32Array, t: number, C: number): { readonly hashes: Int32Array; readonly expected: number; readonly level: number } {
  const at = t * (C + 2)
  return { hashes: contexts.subarray(at, at + C), expected: contexts[at + C]!, level: contexts[at + C + 1]! }
}

export function directForward(
  ys: Float64Array,
  table: Float64Array,
  gates: Float64Array,
  contexts: Int32Array,
  from: number,
  to: number,
  V: number,
  C: number,
  orders: number,
): void {
  for (let t = from; t < to; t++) {
    const { hashes, expected, level } = contextsOf(contexts, t, C)
    const { lines, longest } = firstLines(table, hashes, orders)
    const y = row(ys, t, V)
    hashes.forEach((hash, context) => {
      const gate = gateOf(table, lines[context]!, context, longest, orders)
      eachLine(table, hash, (line) => {
        for (let cell = 0; cell < cellsOf(table, line); cell++) {
          y[symbolOf(table, line, cell)]! += gates[gate]! * table[line + cell]! + gates[gate + 1]!
        }
      })
    })
    if (expected >= 0) y[expected]! += gates[C * (orders + 1) * 60 + level]!
  }
}

export function directBackward(
  dgates: Float64Array,
  states: Float64Array,
  table: Float64Array,
  dys: Float64Array,
  contexts: Int32Array,
  from: number,
  to: number,
  V: number,
  C: number,
  orders: number,
): void {
  for (let t = from; t < to; t++) {
    const { hashes, expected, level } = contextsOf(contexts, t, C)
    const { lines, longest } = firstLines(table, hashes, orders)
    const dy = row(dys, t, V)
    hashes.forEach((hash, context) => {
      const gate = gateOf(table, lines[context]!, context, longest, orders)
      states[t * C + context] = gate
      eachLine(table, hash, (line) => {
        for (let cell = 0; cell < cellsOf(table, line); cell++) {
          const d = dy[symbolOf(table, line, cell)]!
          dgates[gate]! += d * table[line + cell]!
          dgates[gate + 1]! += d
        }
      })
    })
    if (expected >= 0) dgates[C * (orders + 1) * 60 + level]! += dy[expected]!
  }
}

export function directDescend(
  table: Float64Array,
  gates: Float64Array,
  states: Float64Array,
  dys: Float64Array,
  contexts: Int32Array,
  targets: Int32Array,
  from: number,
  to: number,
  V: number,
  C: number,
  learningRate: number,
  epsilon: number,
): void {
  for (let t = from; t < to; t++) {
    if (targets[t]! < 0) continue
    const { hashes } = contextsOf(contexts, t, C)
    hashes.forEach((hash, context) => descend(table, hash, gates[states[t * C + context]!]!, row(dys, t, V), targets[t]!, learningRate, epsilon))
  }
}

/** One context: its weights step against gain * dy, each line by Adagrad with one accumulator; the target gets a cell if it has none */
function descend(table: Float64Array, hash: number, gain: number, dy: Float64Array, target: number, learningRate: number, epsilon: number): void {
  const first = claim(table, hash)
  const visits = Math.min(visitsOf(table, first) + 1, MOST_VISITS)
  let at = hash
  let line = first
  let known = false
  for (let count = 1; ; count++) {
    setVisits(table, line, visits)
    known = admit(table, line, target, known, count === MOST_LINES)
    const cells = cellsOf(table, line)
    let squares = 0
    for (let cell = 0; cell < cells; cell++) squares += dy[symbolOf(table, line, cell)]! ** 2
    table[line + ACCUMULATOR]! += gain * gain * squares
    const rate = (learningRate * gain) / Math.sqrt(table[line + ACCUMULATOR]! + epsilon)
    for (let cell = 0; cell < cells; cell++) table[line + cell]! -= rate * dy[symbolOf(table, line, cell)]!
    if (cells < CELLS || count === MOST_LINES) return
    at = nextHash(at)
    const next = find(table, at)
    if (next < 0 && known) return
    line = next < 0 ? claim(table, at) : next
  }
}

/** Gives the target a cell of the line if it has none in the lines so far and there is room, or in the last line in place of the least likely symbol; says whether it has one now */
function admit(table: Float64Array, line: number, target: number, known: boolean, last: boolean): boolean {
  const cells = cellsOf(table, line)
  for (let cell = 0; cell < cells; cell++) if (symbolOf(table, line, cell) === target) return true
  if (known || (cells === CELLS && !last)) return known
  const cell = cells < CELLS ? cells : leastOf(table, line)
  setSymbol(table, line, cell, target)
  table[line + cell] = 0
  return true
}

function leastOf(table: Float64Array, line: number): number {
  let least = 0
  for (let cell = 1; cell < CELLS; cell++) if (table[line + cell]! < table[line + least]!) least = cell
  return least
}
