/** Continues with a value at once, or with what a promise gives when it does: what has not to wait stays synchronous */
export function after<T, Next>(value: T | Promise<T>, step: (value: T) => Next | Promise<Next>): Next | Promise<Next> {
  return value instanceof Promise ? value.then(step) : step(value)
}
