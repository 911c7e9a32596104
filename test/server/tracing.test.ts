import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Tracing } from '../../src/server/tracing.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a trace is made at once, of a flood only now and then, and always of its end', () => {
  const trace = vi.fn()
  const tracing = new Tracing(trace)
  tracing.due()
  expect(trace).toHaveBeenCalledTimes(1)
  for (let i = 0; i < 120; i++) {
    tracing.due()
    vi.advanceTimersByTime(1)
  }
  expect(trace).toHaveBeenCalledTimes(3)
  vi.advanceTimersByTime(1000)
  expect(trace).toHaveBeenCalledTimes(4)
  vi.advanceTimersByTime(1000)
  expect(trace).toHaveBeenCalledTimes(4)
})

test('no trace is made after the end', () => {
  const trace = vi.fn()
  const tracing = new Tracing(trace)
  tracing.due()
  tracing.due()
  tracing.end()
  vi.advanceTimersByTime(1000)
  expect(trace).toHaveBeenCalledTimes(1)
})
