const PLACES = 2048
/** A place with more different values than that has no usual ones */
const FEW = 5
/** A place is judged when it came so often */
const OFTEN = 8

interface Values {
  count: number
  values: string[]
}

/** What stands in the last places that were seen, where that is one of a few values. A place has a name. */
export class UsualValues {
  readonly #places = new Map<string, Values>()

  /** What came there before, where it was always one of a few values, and not this one */
  insteadOf(value: string, place: string): readonly string[] | undefined {
    const known = this.#places.get(place)
    if (known === undefined || known.count < OFTEN || known.values.length > FEW || known.values.includes(value)) return undefined
    return known.values.toSorted()
  }

  add(value: string, place: string): void {
    const known = this.#places.get(place) ?? { count: 0, values: [] }
    // the last one is the newest
    this.#places.delete(place)
    this.#places.set(place, known)
    known.count += 1
    if (known.values.length <= FEW && !known.values.includes(value)) known.values.push(value)
    if (this.#places.size > PLACES) for (const oldest of this.#places.keys()) return void this.#places.delete(oldest)
  }
}
