import { describe, expect, test } from 'vitest'
import { FairScheduler } from '../../src/server/fair-scheduler.ts'

/** A job with so many turns to take, which notes each of them */
function job(name: string, turns: number, log: string[]): { turn(): boolean } {
  let left = turns
  return {
    turn() {
      log.push(name)
      left -= 1
      return left > 0
    },
  }
}

describe('FairScheduler', () => {
  test('go round among those that are busy', async () => {
    const log: string[] = []
    const turns = new FairScheduler(() => {})
    for (const name of ['a', 'b', 'c']) turns.wake(job(name, 3, log))
    await turns.finish(1000)
    expect(log.length).toBe(9)
    for (const name of ['a', 'b', 'c']) expect(log.filter((one) => one === name).length).toBe(3)
  })

  test('let a trickle go before the floods', async () => {
    const log: string[] = []
    const turns = new FairScheduler(() => {})
    for (let i = 0; i < 50; i++) turns.wake(job(`flood ${i}`, 100, log))
    while (log.length < 500) await new Promise((resolve) => setImmediate(resolve))
    const before = log.length
    turns.wake(job('trickle', 1, log))
    while (!log.includes('trickle')) await new Promise((resolve) => setImmediate(resolve))
    expect(log.indexOf('trickle') - before).toBeLessThan(3)
    await turns.finish(10_000)
  })

  test('let a flood continue beside many trickles', async () => {
    const log: string[] = []
    const turns = new FairScheduler(() => {})
    turns.wake(job('flood', 1000, log))
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
    for (let i = 0; i < 1000; i++) turns.wake(job('trickle', 1, log))
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
    const recent = log.slice(-20)
    expect(recent.filter((name) => name === 'flood').length).toBeGreaterThanOrEqual(8)
    await turns.finish(10_000)
  })

  test('are over when the patience is', async () => {
    const turns = new FairScheduler(() => {})
    let taken = 0
    turns.wake({ turn: () => ++taken > 0 })
    await turns.finish(20)
    const before = taken
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(taken).toBe(before)
  })
})
