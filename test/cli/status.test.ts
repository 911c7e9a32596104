import { fc, test } from '@fast-check/vitest'
import stringWidth from 'string-width'
import { describe, expect, test as example } from 'vitest'
import { createModel, Learner } from '../../src/index.ts'
import { type StatusFacts, StatusLine } from '../../src/cli/print/status.ts'

const FACTS: StatusFacts = { alerts: 0, warmUp: 0, prediction: undefined, hint: '', masksTime: false }
const bits = (count: number, each: number) => new Float64Array(count).fill(each * Math.LN2)

/** A status line, and what moves its clock */
function status(): { readonly line: StatusLine; readonly wait: (seconds: number) => void } {
  let now = 0
  return { line: new StatusLine(() => now), wait: (seconds) => (now += 1000 * seconds) }
}

/** What follows a text, by a learner of many repetitions */
function predictionAfter(text: string) {
  const learner = new Learner(createModel({ preset: 'small', seed: 1 }))
  for (let i = 0; i < 60; i++) learner.learn(text)
  return learner.predict()
}

describe('the status line', () => {
  example('shows the speed of the last seconds, not of the whole run', () => {
    const { line, wait } = status()
    line.add(bits(100_000, 1))
    wait(600)
    for (let i = 0; i < 5; i++) {
      line.add(bits(20, 1))
      wait(1)
    }
    expect(line.text(FACTS, 200)).toMatch(/│ 20 chars\/s │/)
    wait(60)
    expect(line.text(FACTS, 200)).toContain('waiting for text')
  })

  example('draws the last minute, with gaps where nothing came', () => {
    const { line, wait } = status()
    for (const each of [8, 4, undefined, 1]) {
      if (each !== undefined) line.add(bits(10, each))
      wait(3)
    }
    expect(line.text(FACTS, 200)).toContain('│ █▅ ▂')
    wait(60)
    line.add(bits(10, 1))
    expect(line.text(FACTS, 200)).toMatch(/│ {1,20}█ │/)
  })

  example('names a space, a line end and a time, and shows nothing that is all but impossible', () => {
    const { line } = status()
    line.add(bits(10, 1))
    const next = (text: string, facts: Partial<StatusFacts> = {}) => line.text({ ...FACTS, ...facts, prediction: predictionAfter(text) }, 200)
    expect(next('ab ba')).toMatch(/│ next /)
    expect(next(' abc')).toMatch(/next space \d\d+%/)
    expect(next('\nabc')).toMatch(/next newline \d\d+%/)
    expect(next('@ abc')).toMatch(/next @ \d\d+%/)
    expect(next('@ abc', { masksTime: true })).not.toContain('next')
    expect(next('@ abc')).not.toMatch(/\b0%/)
  })

  example('says how alerts stand', () => {
    const { line } = status()
    expect(line.text({ ...FACTS, warmUp: 1 }, 200)).toContain('no alerts before 1 more line')
    expect(line.text({ ...FACTS, alerts: 1200 }, 200)).toContain('1,200 alerts')
    expect(line.text(FACTS, 200)).not.toMatch(/\b0 /)
  })

  test.prop([fc.integer({ min: 14, max: 200 }), fc.nat({ max: 9999 }), fc.nat({ max: 40 })])(
    'fits, and of what does not fit the least important goes first',
    (columns, alerts, warmUp) => {
      const { line, wait } = status()
      line.add(bits(500, 3))
      wait(2)
      const text = line.text({ ...FACTS, alerts, warmUp, hint: '? for keys' }, columns)
      expect(stringWidth(text)).toBeLessThanOrEqual(columns)
      expect(text).toMatch(/^3\.00 bits\/char/)
      if (text.includes('keys')) expect(text).toContain('chars/s')
      if (text.includes('chars/s')) expect(text).toContain('alert')
    },
  )
})
