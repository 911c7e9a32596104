/* One unit of a gate: row i of Whh (rows, H) times the last hidden state. */

/** Whh[i] hprev + bhh[i] */
export function affine(Whh: Float64Array, bhh: Float64Array, hprev: Float64Array, i: number, H: number): number {
  let sum = bhh[i]!
  for (let j = 0; j < H; j++) sum += Whh[i * H + j]! * hprev[j]!
  return sum
}

/** d is the gradient at that sum: dWhh[i] += d hprev', dbhh[i] += d, dhprev (H) += Whh[i]' d */
export function affineBackward(
  dWhh: Float64Array,
  dbhh: Float64Array,
  dhprev: Float64Array,
  d: number,
  hprev: Float64Array,
  Whh: Float64Array,
  i: number,
  H: number,
): void {
  dbhh[i]! += d
  for (let j = 0; j < H; j++) {
    dWhh[i * H + j]! += d * hprev[j]!
    dhprev[j]! += Whh[i * H + j]! * d
  }
}
