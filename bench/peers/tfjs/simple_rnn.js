/**
 * The same learner on TensorFlow.js: simpleRNN and a dense layer on the wasm backend, one pass over a text in windows of 25, batch 1, one thread.
 *
 *     npm install --prefix bench/peers/tfjs && node bench/peers/tfjs/simple_rnn.js TEXTFILE --hidden 100 --characters 2000
 *
 * Gradients are clipped by value and applied by its Adagrad (whose epsilon is 1e-7). Prints one JSON line; the seconds are the processor's, of the learning loop alone.
 */
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const WINDOW = 25
const LEARNING_RATE = 0.1
const CLIP = 5

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { hidden: { type: 'string', default: '100' }, characters: { type: 'string', default: '2000' } },
})
const hidden = Number(values.hidden)

async function tensorflow() {
  try {
    const tf = await import('@tensorflow/tfjs-core')
    const layers = await import('@tensorflow/tfjs-layers')
    await import('@tensorflow/tfjs-backend-cpu')
    const wasm = await import('@tensorflow/tfjs-backend-wasm')
    return { tf, layers, wasm }
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    return undefined
  }
}

function symbolsOf(text) {
  const vocabulary = new Map()
  const symbols = Array.from(text, (character) => {
    const symbol = vocabulary.get(character) ?? vocabulary.size
    vocabulary.set(character, symbol)
    return symbol
  })
  return { symbols, V: vocabulary.size }
}

const loaded = await tensorflow()
if (loaded === undefined) {
  console.log(JSON.stringify({ program: 'TensorFlow.js wasm', missing: 'npm install --prefix bench/peers/tfjs' }))
  process.exit(0)
}
const { tf, layers, wasm } = loaded
wasm.setThreadsCount(1)
wasm.setWasmPaths(`${dirname(fileURLToPath(import.meta.resolve('@tensorflow/tfjs-backend-wasm')))}/`)
await tf.setBackend('wasm')
await tf.ready()

const { symbols, V } = symbolsOf(readFileSync(positionals[0], 'utf8').slice(0, Number(values.characters)))
const initializer = () => layers.initializers.randomNormal({ stddev: 0.01, seed: 1 })
const rnn = layers.layers.simpleRNN({
  units: hidden,
  returnSequences: true,
  returnState: true,
  kernelInitializer: initializer(),
  recurrentInitializer: initializer(),
})
const dense = layers.layers.dense({ units: V, kernelInitializer: initializer() })
const optimizer = tf.train.adagrad(LEARNING_RATE, 0)
let state = tf.zeros([1, hidden])
// makes the weights
tf.tidy(() => dense.apply(rnn.apply(tf.zeros([1, WINDOW, V]), { initialState: [state] })[0]))

/** One window; returns the sum of its losses in nats */
function learn(inputs, targets) {
  return tf.tidy(() => {
    const x = tf.cast(tf.oneHot(tf.tensor2d([inputs], [1, WINDOW], 'int32'), V), 'float32')
    const y = tf.cast(tf.oneHot(tf.tensor1d(targets, 'int32'), V), 'float32')
    let last
    const { value, grads } = tf.variableGrads(() => {
      const [hs, h] = rnn.apply(x, { initialState: [state] })
      last = tf.keep(tf.clone(h))
      return tf.losses.softmaxCrossEntropy(y, tf.reshape(dense.apply(hs), [WINDOW, V]), undefined, undefined, tf.Reduction.SUM)
    })
    const clipped = Object.fromEntries(Object.entries(grads).map(([name, gradient]) => [name, tf.clipByValue(gradient, -CLIP, CLIP)]))
    optimizer.applyGradients(clipped)
    state.dispose()
    state = last
    return value.dataSync()[0]
  })
}

const windows = Math.floor((symbols.length - 1) / WINDOW)
let nats = 0
const start = process.cpuUsage()
for (let p = 0; p < windows * WINDOW; p += WINDOW) nats += learn(symbols.slice(p, p + WINDOW), symbols.slice(p + 1, p + WINDOW + 1))
const { user, system } = process.cpuUsage(start)
const seconds = (user + system) / 1e6
const characters = windows * WINDOW

console.log(
  JSON.stringify({
    program: 'TensorFlow.js wasm',
    version: tf.version_core,
    hidden,
    characters,
    seconds,
    charactersPerSecond: characters / seconds,
    bitsPerCharacter: nats / Math.LN2 / characters,
  }),
)
