/**
 * What it costs to refuse a damaged or hostile checkpoint: time and memory of `load` for every truncation and every flipped byte of a small one, and for
 * files that were made to hurt. The peak is that of the process, over what it was after a valid checkpoint was loaded. One JSON line.
 *
 *     node bench/hostile.mjs
 */
import { createModel, Learner, load, save } from 'rxrnn'
import { seal, unseal } from '../dist/src/checkpoint/seal.js'

const learner = new Learner(createModel({ hidden: 4, ngram: 2, tableBits: 6, every: 3, through: 5 }))
learner.learn('hello, hello world')
const valid = await save(learner)
// often, so that the peak is that of refusing, not of starting
for (let i = 0; i < 500; i++) (await load(valid)).model.dispose()

const files = [
  ['truncations', Array.from(valid, (_, length) => valid.slice(0, length))],
  ['flips', Array.from(valid, (byte, at) => valid.with(at, byte ^ 0x40))],
  ['a header of 2^63 bytes', [withLength(2n ** 63n)]],
  ['a header of 100 MB', [withLength(100_000_000n)]],
  ['overlapping offsets', [header('{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[8],"data_offsets":[4,12]}}', 12)]],
  ['offsets out of range', [header('{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,9007199254740991]}}', 8)]],
  ['duplicate keys', [header('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}')]],
  ['__proto__', [header('{"__proto__":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}')]],
  ['deep nesting', [header('{"a":'.repeat(300_000))]],
  ['a header of quotes', [header('"'.repeat(1_900_000)), header(`{"${'\\"'.repeat(900_000)}`)]],
  [
    'a header of 30,000 tensors',
    [header(`{${Array.from({ length: 30_000 }, (_, i) => `"${i}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`).join()}}`)],
  ],
  ['zeros, 64 MB', [new Uint8Array(64e6)]],
  ['NaN weights', [await forged(({ tensors }) => tensors.set('output.bias', filled(tensors.get('output.bias'), 255)))]],
  [
    'a vocabulary that does not fit',
    [await forged(({ tensors }) => tensors.set('vocabulary', { dtype: 'F64', shape: [0], data: new Uint8Array() }))],
  ],
  [
    'options of a giant',
    [
      await forged(({ metadata }) => metadata.set('options', JSON.stringify({ ...learner.model.options, hidden: 4096, layers: 8 }))),
      await forged(({ metadata }) => metadata.set('options', JSON.stringify({ ...learner.model.options, tableBits: 24 }))),
      await forged(({ metadata }) => metadata.set('options', JSON.stringify({ ...learner.model.options, every: 10000, through: 10000 }))),
    ],
  ],
]

const before = process.resourceUsage().maxRSS
const results = {}
for (const [name, variants] of files) {
  let slowest = 0
  let accepted = 0
  let message
  for (const bytes of variants) {
    const start = performance.now()
    try {
      const { model } = await load(bytes)
      accepted += 1
      model.dispose()
    } catch (error) {
      message = `${error.name}: ${error.message}`
    }
    slowest = Math.max(slowest, performance.now() - start)
  }
  const peak = (process.resourceUsage().maxRSS - before) / 1024
  results[name] = {
    files: variants.length,
    accepted,
    slowestMilliseconds: Number(slowest.toFixed(2)),
    peakMegabytes: Number(peak.toFixed(1)),
    message,
  }
}
console.log(JSON.stringify(results, null, 2))

function header(text, data = 0) {
  const json = new TextEncoder().encode(text)
  const bytes = new Uint8Array(8 + json.length + data)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true)
  bytes.set(json, 8)
  return bytes
}

function withLength(length) {
  const bytes = valid.slice()
  new DataView(bytes.buffer).setBigUint64(0, length, true)
  return bytes
}

/** A checkpoint with a good seal and other contents */
async function forged(change) {
  const { tensors, metadata } = await unseal(valid)
  const contents = { tensors: new Map(tensors), metadata: new Map(metadata) }
  change(contents)
  return seal(contents)
}

function filled(tensor, byte) {
  return { ...tensor, data: new Uint8Array(tensor.data.length).fill(byte) }
}
