import { fc, test } from '@fast-check/vitest'
import { setImmediate } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { Gate, Serial } from '../src/async.ts'

const jobs = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), turns: fc.nat(3), fails: fc.boolean() }), { maxLength: 12 })

describe('a queue', () => {
  test.prop([jobs])('runs the jobs of each key one at a time and in order, whether they succeed or not', async (jobs) => {
    const serial = new Serial()
    const started: number[] = []
    const running = new Set<string>()
    const results = jobs.map(({ key, turns, fails }, i) =>
      serial.run(async () => {
        expect(running).not.toContain(key)
        running.add(key)
        started.push(i)
        for (let turn = 0; turn < turns; turn++) await setImmediate()
        running.delete(key)
        if (fails) throw i
        return i
      }, key),
    )
    const settled = Promise.allSettled(results)
    await serial.idle()
    expect(running).toEqual(new Set())
    expect(serial.isIdle).toBe(true)
    for (const wanted of ['a', 'b', 'c']) {
      const inOrder = jobs.flatMap(({ key }, i) => (key === wanted ? [i] : []))
      expect(started.filter((i) => jobs[i]!.key === wanted)).toEqual(inOrder)
    }
    expect(await settled).toEqual(jobs.map(({ fails }, i) => (fails ? { status: 'rejected', reason: i } : { status: 'fulfilled', value: i })))
  })

  test('lets other keys continue while a job waits, and resumes after a job that throws at once', async () => {
    const serial = new Serial()
    let open = () => {}
    const held = serial.run(() => new Promise<void>((resolve) => (open = resolve)), 'held')
    expect(await serial.run(() => 1, 'other')).toBe(1)
    const failed = serial.run(() => {
      throw new Error('no')
    }, 'other')
    await expect(failed).rejects.toThrow('no')
    expect(await serial.run(() => 2, 'other')).toBe(2)
    expect(serial.isIdle).toBe(false)
    open()
    await held
  })
})

describe('a gate', () => {
  test('lets all in while it is open, and those who waited when it opens', async () => {
    let room = 1
    const gate = new Gate(() => room > 0)
    expect(gate.ready()).toBeUndefined()
    room = 0
    const entered: number[] = []
    const waiting = [1, 2].map((who) => gate.ready()!.then(() => entered.push(who)))
    gate.check()
    await setImmediate()
    expect(entered).toEqual([])
    room = 1
    gate.check()
    await Promise.all(waiting)
    expect(entered).toEqual([1, 2])
    expect(gate.ready()).toBeUndefined()
  })
})
