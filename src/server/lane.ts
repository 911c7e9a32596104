/** Does one work after the other, in the order in which they were asked for */
export class Lane {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs when everything before is done, whether that succeeded or not */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => {})
    return result
  }
}
