export interface Backoff {
  /** Milliseconds before the first try after a failure; doubled for each further one */
  readonly first: number
  /** Milliseconds at the most */
  readonly most: number
}

/** How long to wait before a try: at random between half of the time and all of it, so that a thousand clients do not come back at once */
export function delayOf(failures: number, { first, most }: Backoff, random: () => number): number {
  return Math.min(most, first * 2 ** (failures - 1)) * (0.5 + random() / 2)
}

/** From 0 to 1, in browsers and Node */
export function uniform(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32
}
