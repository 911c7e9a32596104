const PLACES = 2048
/** A place with more different values than that has no usual ones */
const FEW = 5
/** A place is judged when it came so often */
const OFTEN = 8
const LONGEST = 24

interface Values {
  count: number
  values: string[]
}

/** What stands in the places of the last kinds of lines, where that is one of a few values */
export class UsualValues {
  readonly #places = new Map<number, Values>()

  /** What came there before, where it was always one of a few values, and not this one */
  insteadOf(text: string, place: number): readonly string[] | undefined {
    const known = this.#places.get(place)
    const value = text.slice(0, LONGEST)
    if (known === undefined || known.count < OFTEN || known.values.length > FEW || known.values.includes(value)) return undefined
    return known.values.toSorted()
  }

  add(text: string, place: number): void {
    const value = text.slice(0, LONGEST)
    const known = this.#places.get(place) ?? { count: 0, values: [] }
    // the last one is the newest
    this.#places.delete(place)
    this.#places.set(place, known)
    known.count += 1
    if (known.values.length <= FEW && !known.values.includes(value)) known.values.push(value)
    if (this.#places.size > PLACES) for (const oldest of this.#places.keys()) return void this.#places.delete(oldest)
  }
}
