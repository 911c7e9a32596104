import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type History, partitionHistory, workerHistory } from './histories.ts'
import type { Missing } from './simulated-server.ts'

/* The protocol of the workers, on a server in memory: a seed decides what happens between any two steps. */

type Kind = (seed: number, missing?: Missing) => Promise<History>

const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1)
/** Of each seed, so many histories */
const MOST = 1000

/** The first fault that is found, in so many histories of a seed */
async function search(kind: Kind, seed: number, histories: number, missing?: Missing): Promise<string | undefined> {
  for (let i = 0; i < histories; i++) {
    const { fault } = await kind(seed * MOST + i, missing)
    if (fault !== undefined) return `history ${seed * MOST + i}: ${fault}`
  }
  return undefined
}

const { stackTraceLimit } = Error
beforeAll(() => {
  // a fault that is simulated is an error that nobody reads
  Error.stackTraceLimit = 0
})
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit
})

describe('in any history of a simulated server', () => {
  test.each(SEEDS)('owners of a partition learn and store each text once, seed %d', async (seed) => {
    expect(await search(partitionHistory, seed, 100)).toBeUndefined()
  })

  test.each(SEEDS.slice(0, 10))('workers learn and store each text once, and end when they are asked to, seed %d', async (seed) => {
    expect(await search(workerHistory, seed, 10)).toBeUndefined()
  })

  test('the same seed is the same history', async () => {
    expect(await workerHistory(5)).toEqual(await workerHistory(5))
  })
})

describe('without what the protocol asks of a server', () => {
  test.each(SEEDS)('a lease that moves without compare-and-set is found out, seed %d', async (seed) => {
    expect(await search(partitionHistory, seed, MOST, { compareAndSet: true })).toMatch(/falls back|two owners|is removed|not there|learned|covers/)
  })

  test.each(SEEDS)('an event that is stored behind another one than expected is found out, seed %d', async (seed) => {
    expect(await search(partitionHistory, seed, MOST, { expectedSequence: true })).toMatch(/event \d+ of/)
  })
})
