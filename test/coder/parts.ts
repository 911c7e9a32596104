import { fc } from '@fast-check/vitest'
import { from, type OperatorFunction } from 'rxjs'
import type { GivenOptions } from '../../src/index.ts'

/** A model that is quick */
export const QUICK: GivenOptions = { hidden: 16, ngram: 2, tableBits: 6, optimizer: 'adagrad' }

/** UTF-8, pieces of it, and bytes that never are */
const piece = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }).map((text) => [...new TextEncoder().encode(text)]),
  fc.constantFrom([0xf0, 0x9f], [0xf0, 0x9f, 0x98], [0xe2, 0x82], [0xc3], [0x80], [0xed, 0xa0, 0x80], [0xed, 0xb2, 0x80], [0xc0, 0x80]),
  fc.constantFrom([0xf4, 0x90, 0x80, 0x80], [0xe0, 0x80, 0x80], [0xff], [0xfe, 0xff], [0xef, 0xbb, 0xbf]),
  fc.uint8Array({ maxLength: 3 }).map((bytes) => [...bytes]),
)
export const anyBytes: fc.Arbitrary<Uint8Array> = fc.array(piece, { maxLength: 12 }).map((pieces) => Uint8Array.from(pieces.flat()))

export const cuts: fc.Arbitrary<number[]> = fc.array(fc.nat({ max: 60 }), { maxLength: 6 })

export function cut(whole: Uint8Array, at: readonly number[]): Uint8Array[] {
  const edges = [0, ...at.map((edge) => Math.min(edge, whole.length)).sort((a, b) => a - b), whole.length]
  return edges.slice(1).map((to, i) => whole.subarray(edges[i], to))
}

/** What an operator makes of chunks, as a whole. Throws what it errors with. */
export function run(operator: OperatorFunction<Uint8Array, Uint8Array>, chunks: readonly Uint8Array[]): Uint8Array {
  const pieces: Uint8Array[] = []
  let failure: unknown
  from(chunks)
    .pipe(operator)
    .subscribe({ next: (bytes) => pieces.push(bytes), error: (error: unknown) => (failure = error) })
  if (failure !== undefined) throw failure
  return new Uint8Array(Buffer.concat(pieces))
}
