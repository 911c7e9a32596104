/**
 * Whether memory depends on how long the stream is: the heap after garbage collection, after 10^6 and after 10^7 characters through the pipeline.
 *
 *     node --expose-gc bench/memory.mjs [--hidden 16] [--characters 10000000]
 */
import { parseArgs } from 'node:util'
import { from } from 'rxjs'
import { createModel, events, Random } from 'rxrnn'

const { values } = parseArgs({ options: { hidden: { type: 'string', default: '16' }, characters: { type: 'string', default: '10000000' } } })
const characters = Number(values.characters)
const random = new Random(1)

function* text() {
  for (let sent = 0; sent < characters; ) {
    const chunk = Array.from({ length: 512 }, () => `user-${random.next() % 1000} did ${random.next() % 7} things\n`).join('')
    sent += chunk.length
    yield chunk
  }
}

function heap() {
  globalThis.gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return (heapUsed + arrayBuffers) / 2 ** 20
}

const marks = [characters / 10, characters]
from(text())
  .pipe(events(createModel({ hidden: Number(values.hidden) }), { types: ['line'] }))
  .subscribe(({ offset }) => {
    if (marks.length === 0 || offset < marks[0]) return
    console.log(`${marks.shift().toExponential(0)} characters: ${heap().toFixed(2)} MB`)
  })
if (marks.length > 0) console.log(`${characters.toExponential(0)} characters: ${heap().toFixed(2)} MB`)
