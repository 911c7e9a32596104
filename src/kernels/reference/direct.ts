import { row } from './row.ts'

/*
 * Direct connections: what followed a context adds straight to the logits. C: contexts of a step; a step's row of `contexts` holds C hashes, the symbol
 * that a repetition leads to expect (-1: none) and the level of that repetition.
 *
 * The table holds lines of 8 numbers: 4 weights; an accumulator; 4 symbols plus 1, two in a number (0: none); the context's check and, above it, its
 * visits (0: a free line). A context begins at one of the two lines that its hash chooses, and continues at another one when its 4 symbols are taken.
 *
 * A line's weights reach the logits through a gate: gain * weight + bias, one gate for each context, longest context that is known and state of the line.
 *
 * G, the numbers in a row of gates, is 60: a gain and a bias for each of 30 states. Where a network conducts, G is 68. Then a context's last symbol has
 * the first cell, and what it gains by having come that often in a row is the last 8 numbers of the row; the upper 6 bits of the visits count how often.
 * And u (3C + 1), which the network sends, moves every gate of the step: u[k] multiplies the gain of context k by 1 + u[k], within [0, 4]; u[C + k] is
 * added to its bias, u[2C] to the gate of the repetition, and u[2C + 1 + k] to what the last symbol of context k gains.
 */

const LINE = 8
const CELLS = 4
const ACCUMULATOR = 4
const SYMBOLS = 5
const CHECK = 7

/** Lines that a context may have */
const MOST_LINES = 8

const STATES = 60
/** How many visits are counted, which is also the mask of their bits */
const MOST_VISITS = 65535
const MOST_VISITS_CONDUCTED = 1023
const MOST_IN_A_ROW = 63
const MOST_GAIN = 4

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
function claim(table: Float64Array, hash: number, most: number): number {
  const found = find(table, hash)
  if (found >= 0) return found
  const [one, other] = candidates(table, hash)
  const line = visitsOf(table, one, most) <= visitsOf(table, other, most) ? one : other
  table.fill(0, line, line + LINE)
  table[line + CHECK] = hash & 0xffff
  return line
}

function candidates(table: Float64Array, hash: number): readonly [one: number, other: number] {
  const line = hash >>> (32 - Math.log2(linesOf(table)))
  return [line * LINE, (line ^ 1) * LINE]
}

function holds(table: Float64Array, line: number, hash: number): boolean {
  return visitsOf(table, line, MOST_VISITS) > 0 && (table[line + CHECK]! & 0xffff) === (hash & 0xffff)
}

/** `most`: the largest count there is */
function visitsOf(table: Float64Array, line: number, most: number): number {
  return (table[line + CHECK]! >>> 16) & most
}

function setVisits(table: Float64Array, line: number, visits: number, most: number): void {
  table[line + CHECK] = ((table[line + CHECK]! & ~(most << 16)) | (visits << 16)) >>> 0
}

/** How often the symbol of the first cell came in a row; 0: not last */
function inARowOf(table: Float64Array, line: number): number {
  return table[line + CHECK]! >>> 26
}

function setInARow(table: Float64Array, line: number, count: number): void {
  table[line + CHECK] = ((table[line + CHECK]! & 0x3ffffff) | (count << 26)) >>> 0
}

function mostVisits(G: number): number {
  return G === STATES ? MOST_VISITS : MOST_VISITS_CONDUCTED
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
function gateOf(table: Float64Array, line: number, context: number, longest: number, orders: number, G: number): number {
  const visits = line < 0 ? 0 : visitsOf(table, line, mostVisits(G))
  const cells = line < 0 ? 0 : cellsOf(table, line)
  const state = 3 * levelOf(visits) + (cells <= 1 ? 0 : cells < CELLS ? 1 : 2)
  return (context * (orders + 1) + longest) * G + 2 * state
}

function levelOf(visits: number): number {
  if (visits < 4) return visits
  if (visits < 10) return visits < 6 ? 4 : 5
  if (visits < 50) return visits < 20 ? 6 : 7
  return visits < 200 ? 8 : 9
}

/** Where in `gates` is what the last symbol of a context gains */
function recencyOf(table: Float64Array, line: number, context: number, longest: number, orders: number, G: number): number {
  const count = inARowOf(table, line)
  const level = count < 8 ? Math.min(count, 4) : count < 16 ? 5 : count < MOST_IN_A_ROW ? 6 : 7
  return (context * (orders + 1) + longest) * G + STATES + level
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

/** How the network moves the gates of a step */
interface Conducted {
  /** What the gain of a context is multiplied by */
  readonly factor: (context: number) => number
  readonly bias: (context: number) => number
  readonly repetition: number
  readonly recency: (context: number) => number
}

const UNMOVED: Conducted = { factor: () => 1, bias: () => 0, repetition: 0, recency: () => 0 }

function conducted(us: Float64Array, t: number, C: number, G: number): Conducted {
  if (G === STATES) return UNMOVED
  const u = row(us, t, 3 * C + 1).slice()
  return {
    factor: (context) => Math.max(0, Math.min(MOST_GAIN, 1 + u[context]!)),
    bias: (context) => u[C + context]!,
    repetition: u[2 * C]!,
    recency: (context) => u[2 * C + 1 + context]!,
  }
}

export function directTop(tops: Int32Array, table: Float64Array, contexts: Int32Array, from: number, to: number, C: number, orders: number): void {
  for (let t = from; t < to; t++) {
    const { hashes } = contextsOf(contexts, t, C)
    const { lines } = firstLines(table, hashes, orders)
    const longest = lines.slice(0, orders).findLastIndex((line, i) => i > 0 && line >= 0)
    tops[2 * (t - from)] = longest + 1
    tops[2 * (t - from) + 1] = longest < 0 ? -1 : symbolOf(table, lines[longest]!, mostOf(table, lines[longest]!))
  }
}

/** The cell of the largest weight */
function mostOf(table: Float64Array, line: number): number {
  let most = 0
  for (let cell = 1; cell < cellsOf(table, line); cell++) if (table[line + cell]! > table[line + most]!) most = cell
  return most
}

export function directForward(
  ys: Float64Array,
  us: Float64Array,
  table: Float64Array,
  gates: Float64Array,
  contexts: Int32Array,
  from: number,
  to: number,
  V: number,
  C: number,
  orders: number,
  G: number,
): void {
  for (let t = from; t < to; t++) {
    const { hashes, expected, level } = contextsOf(contexts, t, C)
    const { lines, longest } = firstLines(table, hashes, orders)
    const { factor, bias, repetition, recency } = conducted(us, t, C, G)
    const y = row(ys, t, V)
    hashes.forEach((hash, context) => {
      const line = lines[context]!
      if (line < 0) return
      const gate = gateOf(table, line, context, longest, orders, G)
      eachLine(table, hash, (line) => {
        for (let cell = 0; cell < cellsOf(table, line); cell++) {
          y[symbolOf(table, line, cell)]! += gates[gate]! * factor(context) * table[line + cell]! + (gates[gate + 1]! + bias(context))
        }
      })
      if (G > STATES && inARowOf(table, line) > 0)
        y[symbolOf(table, line, 0)]! += gates[recencyOf(table, line, context, longest, orders, G)]! + recency(context)
    })
    if (expected >= 0) y[expected]! += gates[C * (orders + 1) * G + level]! + repetition
  }
}

export function directBackward(
  dgates: Float64Array,
  gains: Float64Array,
  us: Float64Array,
  table: Float64Array,
  gates: Float64Array,
  dys: Float64Array,
  contexts: Int32Array,
  lessons: Int32Array,
  from: number,
  V: number,
  C: number,
  orders: number,
  G: number,
): void {
  // where nobody conducts, what the gates would send back goes nowhere
  const nowhere = new Float64Array(3 * C + 1)
  for (const [k, t] of lessons.entries()) {
    const r = from + k
    const { hashes, expected, level } = contextsOf(contexts, r, C)
    const { lines, longest } = firstLines(table, hashes, orders)
    const { factor } = conducted(us, t, C, G)
    const dy = row(dys, r, V)
    const du = G === STATES ? nowhere : row(us, k, 3 * C + 1).fill(0)
    hashes.forEach((hash, context) => {
      const line = lines[context]!
      const gate = gateOf(table, line, context, longest, orders, G)
      const gain = gates[gate]!
      gains[r * C + context] = gain * factor(context)
      // at the bounds of the factor nothing flows back
      const slope = factor(context) > 0 && factor(context) < MOST_GAIN ? gain : 0
      eachLine(table, hash, (line) => {
        for (let cell = 0; cell < cellsOf(table, line); cell++) {
          const d = dy[symbolOf(table, line, cell)]!
          dgates[gate]! += d * factor(context) * table[line + cell]!
          dgates[gate + 1]! += d
          du[context]! += d * slope * table[line + cell]!
          du[C + context]! += d
        }
      })
      if (G === STATES || line < 0 || inARowOf(table, line) === 0) return
      const d = dy[symbolOf(table, line, 0)]!
      dgates[recencyOf(table, line, context, longest, orders, G)]! += d
      du[2 * C + 1 + context] = d
    })
    if (expected < 0) continue
    dgates[C * (orders + 1) * G + level]! += dy[expected]!
    du[2 * C] = dy[expected]!
  }
}

export function directDescend(
  table: Float64Array,
  gains: Float64Array,
  dys: Float64Array,
  contexts: Int32Array,
  targets: Int32Array,
  from: number,
  to: number,
  V: number,
  C: number,
  G: number,
  learningRate: number,
  epsilon: number,
): void {
  for (let t = from; t < to; t++) {
    const { hashes } = contextsOf(contexts, t, C)
    hashes.forEach((hash, context) => descend(table, hash, gains[t * C + context]!, row(dys, t, V), targets[t]!, G, learningRate, epsilon))
  }
}

/** One context: its weights step against gain * dy, each line by Adagrad with one accumulator; the target gets a cell if it has none */
function descend(
  table: Float64Array,
  hash: number,
  gain: number,
  dy: Float64Array,
  target: number,
  G: number,
  learningRate: number,
  epsilon: number,
): void {
  const most = mostVisits(G)
  const first = claim(table, hash, most)
  const visits = Math.min(visitsOf(table, first, most) + 1, most)
  let at = hash
  let line = first
  let known = false
  for (let count = 1; ; count++) {
    setVisits(table, line, visits, most)
    known = admit(table, line, target, known, count === MOST_LINES)
    if (G > STATES && count === 1) noteLast(table, line, target)
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
    line = next < 0 ? claim(table, at, most) : next
  }
}

/** The symbol that came last gets the first cell of its line; one that another line holds is not counted */
function noteLast(table: Float64Array, line: number, target: number): void {
  const cells = cellsOf(table, line)
  let cell = 0
  while (cell < cells && symbolOf(table, line, cell) !== target) cell++
  if (cell === cells) setInARow(table, line, 0)
  else if (cell === 0) setInARow(table, line, Math.min(inARowOf(table, line) + 1, MOST_IN_A_ROW))
  else {
    swapWithFirst(table, line, cell)
    setInARow(table, line, 1)
  }
}

function swapWithFirst(table: Float64Array, line: number, cell: number): void {
  const [weight, symbol] = [table[line + cell]!, symbolOf(table, line, cell)]
  setSymbol(table, line, cell, symbolOf(table, line, 0))
  table[line + cell] = table[line]!
  setSymbol(table, line, 0, symbol)
  table[line] = weight
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
