import { strideOf } from './rows'

/*
 * Direct connections: what followed a context adds straight to the logits. See reference/direct.ts. A line is 32 bytes: 4 weights (f32), an
 * accumulator (f32), 4 symbols plus 1 (u16; 0: none), the context's check (u16), visits (u16; 0: a free line). G, the numbers in a row of gates, is 60, or
 * 68 where a network conducts: then the upper 6 bits of the visits count how often the symbol of the first cell came in a row.
 * `found` is scratch space for C addresses.
 */

const LINE: usize = 32
const CELLS: i32 = 4
const ACCUMULATOR: usize = 16
const SYMBOLS: usize = 20
const CHECK: usize = 28
const VISITS: usize = 30

const MOST_LINES: i32 = 8

const STATES: i32 = 60
/** How many visits are counted, which is also the mask of their bits */
const MOST_VISITS: i32 = 65535
const MOST_VISITS_CONDUCTED: i32 = 1023
const IN_A_ROW_SHIFT: i32 = 10
const MOST_IN_A_ROW: i32 = 63
const MOST_GAIN: f32 = 4

// @ts-ignore: decorator
@inline
function holds(line: usize, hash: u32): bool {
  return load<u16>(line, VISITS) > 0 && load<u16>(line, CHECK) == <u16>hash
}

/** The line that belongs to a hash; 0 when there is none */
// @ts-ignore: decorator
@inline
function find(table: usize, bits: i32, hash: u32): usize {
  const index = <usize>(hash >>> (32 - bits))
  const one = table + index * LINE
  if (holds(one, hash)) return one
  const other = table + (index ^ 1) * LINE
  return holds(other, hash) ? other : 0
}

/** The same; when there is none, the line that was visited less is taken over. `most`: the largest count of visits there is */
function claim(table: usize, bits: i32, hash: u32, most: i32): usize {
  const found = find(table, bits, hash)
  if (found != 0) return found
  const index = <usize>(hash >>> (32 - bits))
  const one = table + index * LINE
  const other = table + (index ^ 1) * LINE
  const line = visitsOf(one, most) <= visitsOf(other, most) ? one : other
  v128.store(line, i32x4.splat(0))
  v128.store(line, i32x4.splat(0), 16)
  store<u16>(line, <u16>hash, CHECK)
  return line
}

// @ts-ignore: decorator
@inline
function visitsOf(line: usize, most: i32): i32 {
  return <i32>load<u16>(line, VISITS) & most
}

// @ts-ignore: decorator
@inline
function setVisits(line: usize, visits: i32, most: i32): void {
  store<u16>(line, <u16>((<i32>load<u16>(line, VISITS) & ~most) | visits), VISITS)
}

/** How often the symbol of the first cell came in a row; 0: not last */
// @ts-ignore: decorator
@inline
function inARowOf(line: usize): i32 {
  return <i32>load<u16>(line, VISITS) >> IN_A_ROW_SHIFT
}

// @ts-ignore: decorator
@inline
function setInARow(line: usize, count: i32): void {
  store<u16>(line, <u16>((<i32>load<u16>(line, VISITS) & MOST_VISITS_CONDUCTED) | (count << IN_A_ROW_SHIFT)), VISITS)
}

// @ts-ignore: decorator
@inline
function mostVisits(G: i32): i32 {
  return G == STATES ? MOST_VISITS : MOST_VISITS_CONDUCTED
}

// @ts-ignore: decorator
@inline
function symbolOf(line: usize, cell: i32): i32 {
  return <i32>load<u16>(line + (<usize>cell << 1), SYMBOLS) - 1
}

/** Cells in use */
// @ts-ignore: decorator
@inline
function cellsOf(line: usize): i32 {
  if (load<u16>(line, SYMBOLS + 6) != 0) return 4
  if (load<u16>(line, SYMBOLS + 2) == 0) return load<u16>(line, SYMBOLS) == 0 ? 0 : 1
  return load<u16>(line, SYMBOLS + 4) == 0 ? 2 : 3
}

// @ts-ignore: decorator
@inline
function nextHash(hash: u32): u32 {
  return hash * 0x2c1b3c6d + 0x9e3779b9
}

/** Where the row of gates of a context begins */
// @ts-ignore: decorator
@inline
function gatesOf(gates: usize, context: i32, longest: i32, orders: i32, G: i32): usize {
  return gates + <usize>(context * (orders + 1) + longest) * strideOf(G)
}

/** From there, the bytes to the gain of a line's state; the bias follows it */
// @ts-ignore: decorator
@inline
function stateOf(line: usize, most: i32): usize {
  const cells = cellsOf(line)
  return <usize>(3 * levelOf(visitsOf(line, most)) + (cells <= 1 ? 0 : cells < CELLS ? 1 : 2)) << 3
}

/** And to what its last symbol gains */
// @ts-ignore: decorator
@inline
function recencyOf(line: usize): usize {
  const count = inARowOf(line)
  return <usize>(STATES + (count < 8 ? min<i32>(count, 4) : count < 16 ? 5 : count < MOST_IN_A_ROW ? 6 : 7)) << 2
}

// @ts-ignore: decorator
@inline
function levelOf(visits: i32): i32 {
  if (visits < 4) return visits
  if (visits < 10) return visits < 6 ? 4 : 5
  if (visits < 50) return visits < 20 ? 6 : 7
  return visits < 200 ? 8 : 9
}

/** Finds the lines that the contexts of a step begin with; returns how many symbols the longest has that is known, of the first `orders` */
// @ts-ignore: decorator
@inline
function findAll(found: usize, table: usize, contexts: usize, C: i32, orders: i32, bits: i32): i32 {
  let longest = 0
  for (let context = 0; context < C; context++) {
    const line = find(table, bits, load<u32>(contexts + (<usize>context << 2)))
    store<usize>(found + (<usize>context << 2), line)
    if (line != 0 && context < orders) longest = context + 1
  }
  return longest
}

/** The level of a repetition has a gate in the row after those of the contexts */
// @ts-ignore: decorator
@inline
function repetitionOf(gates: usize, contexts: usize, C: i32, orders: i32, G: i32): usize {
  return gatesOf(gates, C, 0, orders, G) + (<usize>load<i32>(contexts + (<usize>(C + 1) << 2)) << 2)
}

/** Loads from every line that the steps will ask for (and from two that they will not): at once, so that they wait for memory together */
// @ts-ignore: decorator
@inline
function touchAll(table: usize, contexts: usize, count: i32, bits: i32): i32 {
  let sum = 0
  for (const end = contexts + (<usize>count << 2); contexts < end; contexts += 4)
    sum += load<i32>(table + <usize>(load<u32>(contexts) >>> (32 - bits)) * LINE)
  return sum
}

/** tops (2) of each step: how many symbols the longest known context of two or more has, or 0; the likeliest symbol of its first line, or -1 */
export function directTop(tops: usize, table: usize, contexts: usize, steps: i32, C: i32, orders: i32, bits: i32): void {
  store<i32>(tops, touchAll(table, contexts, steps * (C + 2), bits))
  for (; steps > 0; steps--) {
    let line: usize = 0
    let length = orders
    for (; length >= 2; length--) {
      line = find(table, bits, load<u32>(contexts + (<usize>(length - 1) << 2)))
      if (line != 0) break
    }
    store<i32>(tops, line == 0 ? 0 : length)
    store<i32>(tops, line == 0 ? -1 : symbolOf(line, mostOf(line)), 4)
    tops += 8
    contexts += <usize>(C + 2) << 2
  }
}

/** The cell of the largest weight */
function mostOf(line: usize): i32 {
  const cells = cellsOf(line)
  let most = 0
  for (let cell = 1; cell < cells; cell++) {
    if (load<f32>(line + (<usize>cell << 2)) > load<f32>(line + (<usize>most << 2))) most = cell
  }
  return most
}

/** What the gain of a context is multiplied by */
// @ts-ignore: decorator
@inline
function factorOf(u: usize, context: i32, G: i32): f32 {
  return G == STATES ? 1 : max<f32>(0, min<f32>(MOST_GAIN, 1 + load<f32>(u + (<usize>context << 2))))
}

/** What the network adds to gate `i` of the step */
// @ts-ignore: decorator
@inline
function moved(u: usize, i: i32, G: i32): f32 {
  return G == STATES ? 0 : load<f32>(u + (<usize>i << 2))
}

// @ts-ignore: decorator
@inline
function add(at: usize, term: f32): void {
  store<f32>(at, load<f32>(at) + term)
}

/** ys[t] (V) += what the contexts of step t say */
export function directForward(
  ys: usize,
  us: usize,
  found: usize,
  table: usize,
  gates: usize,
  contexts: usize,
  steps: i32,
  V: i32,
  C: i32,
  orders: i32,
  G: i32,
  bits: i32,
): void {
  const most = mostVisits(G)
  for (; steps > 0; steps--) {
    const longest = findAll(found, table, contexts, C, orders, bits)
    for (let context = 0; context < C; context++) {
      const line = load<usize>(found + (<usize>context << 2))
      if (line == 0) continue
      const row = gatesOf(gates, context, longest, orders, G)
      const gate = row + stateOf(line, most)
      const gain = load<f32>(gate) * factorOf(us, context, G)
      const bias = load<f32>(gate, 4) + moved(us, C + context, G)
      addContext(ys, table, bits, line, load<u32>(contexts + (<usize>context << 2)), gain, bias)
      if (G > STATES && inARowOf(line) > 0)
        add(ys + (<usize>symbolOf(line, 0) << 2), load<f32>(row + recencyOf(line)) + moved(us, 2 * C + 1 + context, G))
    }
    const expected = load<i32>(contexts + (<usize>C << 2))
    if (expected >= 0) add(ys + (<usize>expected << 2), load<f32>(repetitionOf(gates, contexts, C, orders, G)) + moved(us, 2 * C, G))
    ys += strideOf(V)
    us += strideOf(3 * C + 1)
    contexts += <usize>(C + 2) << 2
  }
}

/** y += gain * weight + bias for each symbol of a context */
function addContext(y: usize, table: usize, bits: i32, first: usize, hash: u32, gain: f32, bias: f32): void {
  let line = first
  for (let count = 1; line != 0; count++) {
    const cells = cellsOf(line)
    for (let cell = 0; cell < cells; cell++) {
      const at = y + (<usize>symbolOf(line, cell) << 2)
      store<f32>(at, load<f32>(at) + (gain * load<f32>(line + (<usize>cell << 2)) + bias))
    }
    if (count == MOST_LINES || cells < CELLS) return
    hash = nextHash(hash)
    line = find(table, bits, hash)
  }
}

/**
 * dgates += the gradient of rows whose dys and contexts are given; gains (C) of a row = the gain that each context went through, for directDescend. The
 * row k belongs to step lessons[k]: where a network conducts, us[k] (3C + 1) becomes the gradient at us[lessons[k]].
 */
export function directBackward(
  dgates: usize,
  gains: usize,
  us: usize,
  found: usize,
  table: usize,
  gates: usize,
  dys: usize,
  contexts: usize,
  lessons: usize,
  count: i32,
  V: i32,
  C: i32,
  orders: i32,
  G: i32,
  bits: i32,
): void {
  const most = mostVisits(G)
  const uStride = strideOf(3 * C + 1)
  let du = us
  for (; count > 0; count--) {
    const u = us + <usize>load<u32>(lessons) * uStride
    const longest = findAll(found, table, contexts, C, orders, bits)
    for (let context = 0; context < C; context++) {
      const at = <usize>context << 2
      const line = load<usize>(found + at)
      const row = gatesOf(0, context, longest, orders, G) + (line == 0 ? 0 : stateOf(line, most))
      const gain = load<f32>(gates + row)
      const factor = factorOf(u, context, G)
      store<f32>(gains + at, gain * factor)
      dweights = 0
      dbias = 0
      if (line != 0) {
        sumGradients(table, bits, line, load<u32>(contexts + at), dys)
        add(dgates + row, factor * dweights)
        add(dgates + row + 4, dbias)
      }
      if (G == STATES) continue
      // at the bounds of the factor nothing flows back
      store<f32>(du + at, factor > 0 && factor < MOST_GAIN ? gain * dweights : 0)
      store<f32>(du + at + (<usize>C << 2), dbias)
      let drecency: f32 = 0
      if (line != 0 && inARowOf(line) > 0) {
        drecency = load<f32>(dys + (<usize>symbolOf(line, 0) << 2))
        add(gatesOf(dgates, context, longest, orders, G) + recencyOf(line), drecency)
      }
      store<f32>(du + at + (<usize>(2 * C + 1) << 2), drecency)
    }
    const expected = load<i32>(contexts + (<usize>C << 2))
    const drepetition: f32 = expected < 0 ? 0 : load<f32>(dys + (<usize>expected << 2))
    if (expected >= 0) add(repetitionOf(dgates, contexts, C, orders, G), drepetition)
    if (G > STATES) store<f32>(du + (<usize>(2 * C) << 2), drepetition)
    gains += strideOf(C)
    du += uStride
    dys += strideOf(V)
    contexts += <usize>(C + 2) << 2
    lessons += 4
  }
}

// what sumGradients returns
let dweights: f32 = 0
let dbias: f32 = 0

/** The gradients at the gain and at the bias of a context */
function sumGradients(table: usize, bits: i32, first: usize, hash: u32, dy: usize): void {
  let line = first
  for (let count = 1; line != 0; count++) {
    const cells = cellsOf(line)
    for (let cell = 0; cell < cells; cell++) {
      const d = load<f32>(dy + (<usize>symbolOf(line, cell) << 2))
      dweights += d * load<f32>(line + (<usize>cell << 2))
      dbias += d
    }
    if (count == MOST_LINES || cells < CELLS) return
    hash = nextHash(hash)
    line = find(table, bits, hash)
  }
}

/** The weights of the contexts of each step go down the gradient gain * dys[t] */
export function directDescend(
  table: usize,
  gains: usize,
  dys: usize,
  contexts: usize,
  targets: usize,
  steps: i32,
  V: i32,
  C: i32,
  G: i32,
  bits: i32,
  learningRate: f32,
  epsilon: f32,
): void {
  for (; steps > 0; steps--) {
    const target = load<i32>(targets)
    for (let context = 0; context < C; context++) {
      const at = <usize>context << 2
      descend(table, bits, load<u32>(contexts + at), load<f32>(gains + at), dys, target, G, learningRate, epsilon)
    }
    gains += strideOf(C)
    dys += strideOf(V)
    contexts += <usize>(C + 2) << 2
    targets += 4
  }
}

/** One context: each of its lines by Adagrad with one accumulator; the target gets a cell if it has none */
function descend(
  table: usize,
  bits: i32,
  hash: u32,
  gain: f32,
  dy: usize,
  target: i32,
  G: i32,
  learningRate: f32,
  epsilon: f32,
): void {
  const most = mostVisits(G)
  let line = claim(table, bits, hash, most)
  const visits = min<i32>(visitsOf(line, most) + 1, most)
  let known = false
  for (let count = 1; ; count++) {
    setVisits(line, visits, most)
    known = admit(line, target, known, count == MOST_LINES)
    if (G > STATES && count == 1) noteLast(line, target)
    const cells = cellsOf(line)
    descendLine(line, cells, gain, dy, learningRate, epsilon)
    if (cells < CELLS || count == MOST_LINES) return
    hash = nextHash(hash)
    line = find(table, bits, hash)
    if (line == 0) {
      if (known) return
      line = claim(table, bits, hash, most)
    }
  }
}

// @ts-ignore: decorator
@inline
function descendLine(line: usize, cells: i32, gain: f32, dy: usize, learningRate: f32, epsilon: f32): void {
  let squares: f32 = 0
  for (let cell = 0; cell < cells; cell++) {
    const d = load<f32>(dy + (<usize>symbolOf(line, cell) << 2))
    squares += d * d
  }
  const accumulator = load<f32>(line, ACCUMULATOR) + gain * gain * squares
  store<f32>(line, accumulator, ACCUMULATOR)
  const rate = (learningRate * gain) / sqrt<f32>(accumulator + epsilon)
  for (let cell = 0; cell < cells; cell++) {
    const weight = line + (<usize>cell << 2)
    store<f32>(weight, load<f32>(weight) - rate * load<f32>(dy + (<usize>symbolOf(line, cell) << 2)))
  }
}

/** The symbol that came last gets the first cell of its line; one that another line holds is not counted */
// @ts-ignore: decorator
@inline
function noteLast(line: usize, target: i32): void {
  const cells = cellsOf(line)
  let cell = 0
  while (cell < cells && symbolOf(line, cell) != target) cell++
  if (cell == cells) setInARow(line, 0)
  else if (cell == 0) setInARow(line, min<i32>(inARowOf(line) + 1, MOST_IN_A_ROW))
  else {
    swapWithFirst(line, cell)
    setInARow(line, 1)
  }
}

// @ts-ignore: decorator
@inline
function swapWithFirst(line: usize, cell: i32): void {
  const at = line + (<usize>cell << 2)
  const weight = load<f32>(at)
  store<f32>(at, load<f32>(line))
  store<f32>(line, weight)
  const symbolAt = line + (<usize>cell << 1)
  const symbol = load<u16>(symbolAt, SYMBOLS)
  store<u16>(symbolAt, load<u16>(line, SYMBOLS), SYMBOLS)
  store<u16>(line, symbol, SYMBOLS)
}

/** Gives the target a cell of the line if it has none in the lines so far and there is room, or in the last line in place of the least likely symbol; says whether it has one now */
function admit(line: usize, target: i32, known: bool, last: bool): bool {
  const cells = cellsOf(line)
  for (let cell = 0; cell < cells; cell++) if (symbolOf(line, cell) == target) return true
  if (known || (cells == CELLS && !last)) return known
  const cell = cells < CELLS ? cells : leastOf(line)
  store<u16>(line + (<usize>cell << 1), <u16>(target + 1), SYMBOLS)
  store<f32>(line + (<usize>cell << 2), 0)
  return true
}

function leastOf(line: usize): i32 {
  let least = 0
  for (let cell = 1; cell < CELLS; cell++) {
    if (load<f32>(line + (<usize>cell << 2)) < load<f32>(line + (<usize>least << 2))) least = cell
  }
  return least
}
