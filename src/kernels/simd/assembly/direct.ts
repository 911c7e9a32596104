import { strideOf } from './rows'

/*
 * Direct connections: what followed a context adds straight to the logits. See reference/direct.ts. A line is 32 bytes: 4 weights (f32), an
 * accumulator (f32), 4 symbols plus 1 (u16; 0: none), the context's check (u16), visits (u16; 0: a free line).
 * `found` is scratch space for C addresses.
 */

const LINE: usize = 32
const CELLS: i32 = 4
const ACCUMULATOR: usize = 16
const SYMBOLS: usize = 20
const CHECK: usize = 28
const VISITS: usize = 30

const MOST_LINES: i32 = 16
const MOST_VISITS: i32 = 65535

/** Floats of a row of gates: 30 gains and biases, padded */
const GATES: i32 = 64

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

/** The same; when there is none, the line that was visited less is taken over */
function claim(table: usize, bits: i32, hash: u32): usize {
  const found = find(table, bits, hash)
  if (found != 0) return found
  const index = <usize>(hash >>> (32 - bits))
  const one = table + index * LINE
  const other = table + (index ^ 1) * LINE
  const line = load<u16>(one, VISITS) <= load<u16>(other, VISITS) ? one : other
  v128.store(line, i32x4.splat(0))
  v128.store(line, i32x4.splat(0), 16)
  store<u16>(line, <u16>hash, CHECK)
  return line
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

/** Which of the gains and biases belong to a context, counted in floats */
// @ts-ignore: decorator
@inline
function gateOf(line: usize, context: i32, longest: i32, orders: i32): i32 {
  if (line == 0) return (context * (orders + 1) + longest) * GATES
  const cells = cellsOf(line)
  const state = 3 * levelOf(load<u16>(line, VISITS)) + (cells <= 1 ? 0 : cells < CELLS ? 1 : 2)
  return (context * (orders + 1) + longest) * GATES + 2 * state
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

// @ts-ignore: decorator
@inline
function gateRowOfRepetition(C: i32, orders: i32): i32 {
  return C * (orders + 1) * GATES
}

/** ys[t] (V) += what the contexts of step t say */
export function directForward(
  ys: usize,
  found: usize,
  table: usize,
  gates: usize,
  contexts: usize,
  steps: i32,
  V: i32,
  C: i32,
  orders: i32,
  bits: i32,
): void {
  for (; steps > 0; steps--) {
    const longest = findAll(found, table, contexts, C, orders, bits)
    for (let context = 0; context < C; context++) {
      const line = load<usize>(found + (<usize>context << 2))
      if (line == 0) continue
      const gate = gates + (<usize>gateOf(line, context, longest, orders) << 2)
      addContext(ys, table, bits, line, load<u32>(contexts + (<usize>context << 2)), load<f32>(gate), load<f32>(gate, 4))
    }
    const expected = load<i32>(contexts + (<usize>C << 2))
    if (expected >= 0) {
      const level = load<i32>(contexts + (<usize>(C + 1) << 2))
      const y = ys + (<usize>expected << 2)
      store<f32>(y, load<f32>(y) + load<f32>(gates + (<usize>(gateRowOfRepetition(C, orders) + level) << 2)))
    }
    ys += strideOf(V)
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

/** dgates += the gradient of steps whose dys are given; states[t] (C) = which gate each context went through, for directDescend */
export function directBackward(
  dgates: usize,
  states: usize,
  found: usize,
  table: usize,
  dys: usize,
  contexts: usize,
  steps: i32,
  V: i32,
  C: i32,
  orders: i32,
  bits: i32,
): void {
  for (; steps > 0; steps--) {
    const longest = findAll(found, table, contexts, C, orders, bits)
    for (let context = 0; context < C; context++) {
      const line = load<usize>(found + (<usize>context << 2))
      const gate = gateOf(line, context, longest, orders)
      store<i32>(states + (<usize>context << 2), gate)
      if (line != 0) addGateGradient(dgates + (<usize>gate << 2), table, bits, line, load<u32>(contexts + (<usize>context << 2)), dys)
    }
    const expected = load<i32>(contexts + (<usize>C << 2))
    if (expected >= 0) {
      const d = dgates + (<usize>(gateRowOfRepetition(C, orders) + load<i32>(contexts + (<usize>(C + 1) << 2))) << 2)
      store<f32>(d, load<f32>(d) + load<f32>(dys + (<usize>expected << 2)))
    }
    states += strideOf(C)
    dys += strideOf(V)
    contexts += <usize>(C + 2) << 2
  }
}

function addGateGradient(dgate: usize, table: usize, bits: i32, first: usize, hash: u32, dy: usize): void {
  let gain: f32 = 0
  let bias: f32 = 0
  let line = first
  for (let count = 1; line != 0; count++) {
    const cells = cellsOf(line)
    for (let cell = 0; cell < cells; cell++) {
      const d = load<f32>(dy + (<usize>symbolOf(line, cell) << 2))
      gain += d * load<f32>(line + (<usize>cell << 2))
      bias += d
    }
    if (count == MOST_LINES || cells < CELLS) break
    hash = nextHash(hash)
    line = find(table, bits, hash)
  }
  store<f32>(dgate, load<f32>(dgate) + gain)
  store<f32>(dgate, load<f32>(dgate, 4) + bias, 4)
}

/** The weights of the contexts of each step go down the gradient gain * dys[t]; steps with a target below 0 are left out */
export function directDescend(
  table: usize,
  gates: usize,
  states: usize,
  dys: usize,
  contexts: usize,
  targets: usize,
  steps: i32,
  V: i32,
  C: i32,
  bits: i32,
  learningRate: f32,
  epsilon: f32,
): void {
  for (; steps > 0; steps--) {
    const target = load<i32>(targets)
    if (target >= 0) {
      for (let context = 0; context < C; context++) {
        const gain = load<f32>(gates + (<usize>load<i32>(states + (<usize>context << 2)) << 2))
        descend(table, bits, load<u32>(contexts + (<usize>context << 2)), gain, dys, target, learningRate, epsilon)
      }
    }
    states += strideOf(C)
    dys += strideOf(V)
    contexts += <usize>(C + 2) << 2
    targets += 4
  }
}

/** One context: each of its lines by Adagrad with one accumulator; the target gets a cell if it has none */
function descend(table: usize, bits: i32, hash: u32, gain: f32, dy: usize, target: i32, learningRate: f32, epsilon: f32): void {
  let line = claim(table, bits, hash)
  const visits = <u16>min<i32>(<i32>load<u16>(line, VISITS) + 1, MOST_VISITS)
  let known = false
  for (let count = 1; ; count++) {
    store<u16>(line, visits, VISITS)
    known = admit(line, target, known, count == MOST_LINES)
    const cells = cellsOf(line)
    descendLine(line, cells, gain, dy, learningRate, epsilon)
    if (cells < CELLS || count == MOST_LINES) return
    hash = nextHash(hash)
    line = find(table, bits, hash)
    if (line == 0) {
      if (known) return
      line = claim(table, bits, hash)
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
