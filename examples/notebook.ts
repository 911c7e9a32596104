/**
 * One step of a vanilla recurrent network, figure by figure: forward, loss and backward as a teacher writes them on the board, by the functions that the
 * reference kernels are made of. Three hidden units, four symbols; symbol 2 came in and symbol 3 followed. The figures are those of a NumPy notebook.
 *
 *     node dist/examples/notebook.js
 */
import { backwardStep, crossEntropyStepBackward, forwardStep, outputBackwardStep, outputStep, softmax, tanhBackward } from 'rxrnn/kernels'

const H = 3
const V = 4
const input = 2
const target = 3

// stored by symbol: row 2 is what symbol 2 sends to the hidden units
const Wxh = matrix(
  [-1.36458834e-3, 1.13343035e-2, -1.12811396e-2],
  [1.10118612e-2, -6.6229976e-3, 3.55922825e-5],
  [-4.54390582e-3, -7.77568912e-3, -3.11710168e-2],
  [4.92045527e-3, 1.52714559e-2, 3.23161113e-2],
)
const Whh = matrix([-0.00079653, -0.00196604, -0.01944714], [-0.00086006, 0.00289614, -0.0056044], [-0.01720294, 0.00805431, -0.00951426])
const Why = matrix(
  [-0.012362, -0.00467771, -0.00561026],
  [0.00035526, -0.00330591, -0.0058389],
  [-0.01553049, -0.01051185, -0.00296599],
  [-0.00112019, -0.01283274, -0.01498699],
)
const bh = new Float64Array(H)
const by = new Float64Array(V)
const hprev = new Float64Array(H)

const h = new Float64Array(H)
forwardStep(h, hprev, input, Wxh, Whh, bh, H)
print('h = tanh(Wxh x + Whh hprev + bh)', h)

const y = new Float64Array(V)
outputStep(y, h, Why, by, V, H)
print('y = Why h + by', y)

const p = new Float64Array(V)
softmax(p, y, V)
print('p = exp(y) / sum exp(y)', p)
print('loss = -ln p[target]', [-Math.log(p[target]!)])

const dy = new Float64Array(V)
crossEntropyStepBackward(dy, p, target)
print('dy = p - 1 at the target', dy)

const dWhy = new Float64Array(V * H)
const dby = new Float64Array(V)
const dh = new Float64Array(H)
outputBackwardStep(dWhy, dby, dh, dy, h, Why, V, H)
print('dWhy += dy h^T', dWhy, H)
print('dby += dy', dby)
print('dh = Why^T dy', dh)

const dhraw = new Float64Array(H)
tanhBackward(dhraw, dh, h, H)
print('dhraw = (1 - h h) dh', dhraw)

const dWxh = new Float64Array(V * H)
const dWhh = new Float64Array(H * H)
const dbh = new Float64Array(H)
const dhnext = new Float64Array(H)
backwardStep(dWxh, dWhh, dbh, dhnext, dh.slice(), h, hprev, input, Whh, H)
print('dbh += dhraw', dbh)
print('dhnext = Whh^T dhraw', dhnext)
print('dWxh += dhraw x^T (a row a symbol)', dWxh, H)
print('dWhh += dhraw hprev^T', dWhh, H)

function matrix(...rows: readonly (readonly number[])[]): Float64Array {
  return Float64Array.from(rows.flat())
}

function print(name: string, values: ArrayLike<number>, columns = values.length): void {
  console.log(name)
  for (let i = 0; i < values.length; i += columns) {
    console.log(
      `    ${Array.from(values)
        .slice(i, i + columns)
        .map((value) => value.toPrecision(8).padStart(15))
        .join('')}`,
    )
  }
}
