/** Time, and what waits for it: an argument, so that a test can have a time of its own */
export interface Clock {
  /** Milliseconds since some moment; never goes back */
  now(): number
  sleep(milliseconds: number): Promise<void>
  /** Resolves when other work had its turn */
  turn(): Promise<void>
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds) =>
    new Promise((resolve) => {
      setTimeout(resolve, milliseconds)
    }),
  turn: () =>
    new Promise((resolve) => {
      setImmediate(resolve)
    }),
}
