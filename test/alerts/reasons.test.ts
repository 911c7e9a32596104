import { fc, test } from '@fast-check/vitest'
import { of } from 'rxjs'
import { describe, expect, test as example } from 'vitest'
import { type GradedLine, Grader } from '../../src/alerts/grader.ts'
import type { Line } from '../../src/alerts/ledger.ts'
import { type AlertOptions, AlertStream } from '../../src/alerts/pipeline.ts'
import { type PlacedReason, Reasons } from '../../src/alerts/reasons.ts'
import { LineScore } from '../../src/lines/line-score.ts'
import { createModel } from '../../src/network/create.ts'
import { Random } from '../../src/network/random.ts'
import { sum } from '../operators/parts.ts'
import { restored } from '../lines/saved.ts'

const FIRE = 'FATAL disk /dev/sda1 is on fire, giving up'

function linesOf(texts: readonly string[], options: AlertOptions = {}, grader = new Grader(options)): readonly GradedLine[] {
  const lines: GradedLine[] = []
  of(texts.map((text) => `${text}\n`).join(''))
    .pipe(new AlertStream(createModel({ preset: 'small' }), options, grader).grade())
    .subscribe((graded) => lines.push(...graded.lines))
  return lines
}

describe('one line on fire', () => {
  example.each([50, 100, 300, 1000, 5000])('is flagged after %i regular lines, with a reason', (count) => {
    const lines = linesOf([...Array.from({ length: count }, () => 'heartbeat ok'), FIRE])
    expect(lines.at(-1)).toMatchObject({ alert: true, group: lines.at(-1)!.offset })
    expect(lines.at(-1)!.reason!.text).toMatch(new RegExp(`first of its kind in ${count.toLocaleString('en')} lines$`))
    expect(lines.filter(({ alert }) => alert)).toHaveLength(1)
  })
})

example('of several new words names the severe one', () => {
  const routine = Array.from({ length: 150 }, (_, i) => `INFO  web-${i % 3} GET /item/${(i * 48271) % 997} 200 ${5 + ((i * 7919) % 37)}ms`)
  expect(linesOf([...routine, 'FATAL web-1 out of memory: heap limit 512 MB reached']).at(-1)!.reason).toEqual({
    cause: 'new word',
    text: 'the new word "FATAL": first of its kind in 150 lines',
    start: 0,
    end: 5,
  })
})

/** A line in which the words in capitals cost 12 bits, digits 3.5 and all else next to nothing; it is learned in lower case */
function lineOf(text: string): Line {
  const characters = Int32Array.from(text.toLowerCase(), (character) => character.codePointAt(0)!)
  const bits = (character: string) => (/[A-Z]/.test(character) ? 12 : /\d/.test(character) ? 3.5 : 0.1)
  const surprise = Float64Array.from(text, bits)
  return {
    text,
    characters,
    surprise,
    cut: 0,
    raw: undefined,
    replaced: [],
    end: '\n',
    ignored: false,
    bits: 0,
    length: 0,
    offset: 1,
    peak: undefined,
  }
}

/** Why the last of some lines stands out */
function reasonOf(texts: readonly string[], reasons = new Reasons()): PlacedReason {
  const score = new LineScore()
  let reason: PlacedReason | undefined
  for (const text of texts) {
    const line = lineOf(text)
    const grade = score.grade(line.characters, line.surprise)
    reason = reasons.of(line, grade, 'characters')
    score.learn(false)
    reasons.learn(line, grade)
  }
  return reason!
}

describe('the reason of an alert', () => {
  const routine = Array.from({ length: 600 }, (_, i) => `user ${['ann', 'bob', 'eve'][i % 3]} asked for item ${(i * 48271) % 65537} sent`)

  example.each([
    ['user ann FORGOT for item 271828 sent', 'new word', 'the new word "forgot": first of its kind in 600 lines'],
    ['user BOB bob for item 271828 sent', 'new kind', 'first of its kind in 600 lines'],
    ['user ann asked failed item 271828 sent', 'severe word', 'the severe word "failed": first of its kind in 600 lines'],
    ['item for asked user sent ann', 'new kind', 'first of its kind in 600 lines'],
    ['user ann asked for item 271828; sent', 'unusual words', 'the unusual words "item 271828;": its kind was seen 200 times, last 3 lines ago'],
    ['user ann asked for item 27182 SENT', 'unusual value', 'the unusual value "sent": its kind was seen 200 times, last 3 lines ago'],
  ])('of %j is what made its score', (line, cause, text) => {
    expect(reasonOf([...routine, line])).toMatchObject({ cause, text })
  })

  example('says how often a kind was seen, and when last', () => {
    const rare = 'cache flushed by admin'
    expect(reasonOf([...routine, rare, ...routine.slice(0, 97), rare])).toMatchObject({
      cause: 'rare kind',
      text: 'its kind was seen once, 98 lines ago',
    })
  })

  test.prop([fc.nat({ max: 1e9 }), fc.constantFrom('lost it', 'HAS gone 12', 'IS odd')], { numRuns: 10 })(
    'is never a number that is different in every line',
    (id, message) => {
      const { start, end } = reasonOf([...routine, `user ann asked for item ${id} ${message}`])
      expect(lineOf(`user ann asked for item ${id} ${message}`).text.slice(start, end)).not.toMatch(new RegExp(`^${id}$`))
    },
  )

  example('is the same after it was saved', () => {
    const [line] = [lineOf('user ann FORGOT it')]
    const reasons = new Reasons()
    reasonOf(routine, reasons)
    const grade = new LineScore().grade(line.characters, line.surprise)
    expect(restored(reasons, new Reasons()).of(line, grade, 'characters')).toEqual(reasons.of(line, grade, 'characters'))
  })

  example('is the same whether alerts are explained or not; an explanation names what usually stands there', () => {
    const texts = [...routine, 'user mallory asked for item 271828 sent']
    const [explained, plain] = [linesOf(texts, { explain: true }), linesOf(texts)]
    expect(explained.map(({ reason }) => reason)).toEqual(plain.map(({ reason }) => reason))
    expect(explained.at(-1)).toMatchObject({
      alert: true,
      reason: { cause: 'new word' },
      explanation: { word: 'mallory', values: ['ann', 'bob', 'eve'] },
    })
    expect(plain.at(-1)!.explanation).toBeUndefined()
  })
})

describe('the excess of a line', () => {
  const random = new Random(5)
  const upTo = (most: number) => Math.floor(random.uniform() * most)
  const texts = Array.from({ length: 400 }, () => `request ${10000 + upTo(90000)} took ${10 + upTo(40)} ms`)

  /** The words of the last line that cost 3 bits or more, and those that cost so much beyond what is usual there */
  function strikingWords(last: string): { readonly surprising: readonly string[]; readonly unusual: readonly string[] } {
    const grader = new Grader()
    grader.findsExcess = true
    const line = linesOf([...texts, last], {}, grader).at(-1)!
    const wordsOf = (bits: Float64Array, total: (of: Float64Array) => number) =>
      Array.from(last.matchAll(/\w+/g))
        .filter(({ index, 0: word }) => total(bits.subarray(index, index + word.length)) >= 3)
        .map(([word]) => word)
    return { surprising: wordsOf(line.surprise, sum), unusual: wordsOf(line.excess!, (bits) => Math.max(...bits)) }
  }

  example('is small for a number that differs in every line, in its usual range', () => {
    const words = [23, 31, 38].map((took) => strikingWords(`request 31415 took ${took} ms`))
    for (const { surprising } of words) expect(surprising).toContain('31415')
    expect(words.filter(({ unusual }) => unusual.length === 0).length).toBeGreaterThan(1)
  })

  example('is large for a word that is unusual in its place, over all of the word', () => {
    expect(strikingWords('request 31415 lost 27 ms').unusual).toContain('lost')
    expect(strikingWords('request 31415 took 27182 ms').unusual).toContain('27182')
  })
})
