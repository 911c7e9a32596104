/**
 * What the parts of the network that conducts are worth: bits per character of each file in one pass, with one of them taken away. A part is taken away in
 * the backend, so that everything else stays as it is.
 *
 *     npm run build && node bench/ablation.mjs FILE...
 *
 * The results are in quality.md.
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { simdBackend } from '../dist/src/kernels/simd/index.js'
import { Learner } from '../dist/src/learner.js'
import { modelOptions } from '../dist/src/network/options.js'
import { Model } from '../dist/src/network/model.js'

const files = process.argv.slice(2)
if (files.length === 0) throw new Error('give the paths of some texts')

/** The numbers of a row of features, as network/features.ts writes them */
const FEATURES = {
  'the last word': [0],
  'the character above': [1],
  'the number of the field': [2],
  'the expected symbol and its level': [3, 6],
  'the column': [4],
  'the place in the word': [5],
  'the likeliest symbol of the longest context, and its length': [7, 8],
}

/** A backend in whose embeddings these features name no row */
function withoutFeatures(backend, without) {
  const silenced = (features, N) => features.map((row, i) => (without.includes(i % N) ? -1 : row))
  return {
    ...backend,
    embeddingForward: (xs, features, E, from, to, N, X) => backend.embeddingForward(xs, silenced(features, N), E, from, to, N, X),
    embeddingBackward: (dE, dxs, features, steps, N, X) => backend.embeddingBackward(dE, dxs, silenced(features, N), steps, N, X),
  }
}

/** One whose gates stay where they are: nothing reaches u, and nothing flows back from it */
function withoutConductor(backend, U) {
  const isConductor = (columns) => columns === U
  return {
    ...backend,
    outputForward(ys, hs, Why, by, from, to, V, H) {
      backend.outputForward(ys, hs, Why, by, from, to, V, H)
      if (isConductor(V)) backend.clear(ys)
    },
    outputBackward(...given) {
      if (!isConductor(given[7])) backend.outputBackward(...given)
    },
  }
}

/** One whose hidden state does not depend on the last one */
function withoutRecurrence(backend) {
  return {
    ...backend,
    miForward(hs, gates, xs, Whh, ...rest) {
      backend.clear(Whh)
      backend.miForward(hs, gates, xs, Whh, ...rest)
    },
  }
}

/** One whose hidden state reaches neither the logits nor the gates */
function withoutNetwork(backend) {
  return {
    ...backend,
    miForward(hs, ...rest) {
      backend.miForward(hs, ...rest)
      backend.clear(hs)
    },
  }
}

const simd = simdBackend()
const options = modelOptions()
const U = 3 * (options.ngram + 4) + 1
const VARIANTS = {
  nothing: [simd, options],
  'the network': [withoutNetwork(simd), options],
  recurrence: [withoutRecurrence(simd), options],
  'the conductor': [withoutConductor(simd, U), options],
  'the conductor and all inputs but the last character': [simd, modelOptions({ conductorBits: 0 })],
  'multiplicative integration (a vanilla cell)': [simd, modelOptions({ cell: 'rnn' })],
  'the threshold of what is learned (learnAbove 0)': [simd, modelOptions({ learnAbove: 0 })],
  ...Object.fromEntries(Object.entries(FEATURES).map(([name, without]) => [name, [withoutFeatures(simd, without), options]])),
}

function bitsOf(text, [backend, options]) {
  const model = new Model(options, backend)
  const learner = new Learner(model)
  let bits = 0
  let characters = 0
  for (let at = 0; at < text.length; at += 65536)
    for (const nats of learner.learn(text.slice(at, at + 65536))) {
      bits += nats / Math.LN2
      characters += 1
    }
  learner.end()
  model.dispose()
  return bits / characters
}

console.log(`| taken away | ${files.map((file) => basename(file)).join(' | ')} |\n|${' --- |'.repeat(files.length + 1)}`)
for (const [name, variant] of Object.entries(VARIANTS))
  console.log(`| ${name} | ${files.map((file) => bitsOf(readFileSync(file, 'utf8'), variant).toFixed(4)).join(' | ')} |`)
