/* Hashes of 32 bits, from integers alone; the multipliers are those of MurmurHash3 and of Knuth's multiplicative hashing */

/** A hash that continues with one more number */
export function mix(hash: number, value: number): number {
  const mixed = Math.imul(hash + value + 1, 0x9e3779b1)
  return mixed ^ (mixed >>> 15)
}

/** The hash of a kind of things at its end. Signed, as a number beyond 2 ** 31 would cost V8 an object. */
export function finish(hash: number, kind: number): number {
  const mixed = Math.imul(hash + Math.imul(kind, 0x85ebca6b), 0xc2b2ae35)
  const again = Math.imul(mixed ^ (mixed >>> 13), 0x85ebca6b)
  return again ^ (again >>> 16)
}
