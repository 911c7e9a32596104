/** Characters and what each of them cost */
export interface Surprise {
  /** Code points, or bytes with the alphabet `bytes` */
  readonly characters: Int32Array
  /** The surprise of each character, in bits: -log2 of the probability it was given */
  readonly bits: Float64Array
  /** Characters since the start of the stream, these included */
  readonly offset: number
}

/** Losses in nats as bits. Not by `map`, which makes an object of each number. */
export function bitsOf(losses: Float64Array): Float64Array {
  const bits = new Float64Array(losses.length)
  for (let i = 0; i < bits.length; i++) bits[i] = losses[i]! / Math.LN2
  return bits
}
