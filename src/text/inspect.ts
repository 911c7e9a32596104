/** The name of the method that `console.log` of Node calls to show an object; elsewhere it is a symbol like any other */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom')

/** Makes `console.log` of Node show objects of a class in short */
export function showAs<T extends object>(prototype: T, summaryOf: (shown: T) => object | string): void {
  Object.defineProperty(prototype, INSPECT, {
    value(this: T) {
      return summaryOf(this)
    },
  })
}

/** Bits as people read them */
export function rounded(values: readonly number[]): readonly number[] {
  return values.map((value) => Math.round(100 * value) / 100)
}
