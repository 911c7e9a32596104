import { concat, of, tap, throwError } from 'rxjs'
import { alerts, type LearnerEvent, events, type EventsOptions, learn, type ModelOptions, OptionError } from '../../src/index.ts'
import { describe, expect, test } from 'vitest'
import { EVENT_TYPES } from '../../src/alerts/events.ts'
import { textOf } from '../../src/text/characters.ts'
import { complies } from '../operators/compliance.ts'
import { marbles, smallModel, sum } from '../operators/parts.ts'

function eventsOf(text: string, options: EventsOptions, modelled: Partial<ModelOptions> = {}): readonly LearnerEvent[] {
  const model = smallModel(modelled)
  const all: LearnerEvent[] = []
  of(text)
    .pipe(events(model, options))
    .subscribe((event) => all.push(event))
  return all
}

describe('alerts', () => {
  complies(() => {
    const usual = 'up 1\nup 2\n'
    const faults = ['fatal error: panic in a b c d\n', 'fatal error: no disk e f g h\n', 'fatal error: stack i j k l\n']
    const model = smallModel({ learningRate: 0, ngramLearningRate: 0, backend: 'simd' })
    // so that a second stream finds the vocabulary that the first one found
    for (const character of usual + faults.join('')) model.vocabulary.add(character.codePointAt(0)!)
    return { operator: alerts(model), inputs: [usual.repeat(22), ...faults, usual], view: ({ text }) => text }
  })

  test('gives the lines that stand out', () => {
    const texts: string[] = []
    of('up 1\nup 2\n'.repeat(30), 'kernel: Out of memory\n', 'up 1\n')
      .pipe(alerts(smallModel({ backend: 'simd' })))
      .subscribe(({ text }) => texts.push(text))
    expect(texts).toEqual(['kernel: Out of memory'])
  })
})

describe('events', () => {
  complies(() => {
    const model = smallModel()
    const view = (event: LearnerEvent) => (event.type === 'line' ? event.text : event)
    return { operator: events(model, { types: ['line'] }), inputs: ['ab\n', 'c\r\nabc\nb', 'a'], view }
  })

  test('says of each line what it cost', () => {
    const model = smallModel()
    const losses: number[] = []
    const all: LearnerEvent[] = []
    of('ab\r\nc')
      .pipe(events(model, { types: ['line'] }))
      .subscribe((event) => all.push(event))
    of('ab\r\nc')
      .pipe(learn(smallModel()))
      .subscribe((learned) => losses.push(...learned.losses))
    const bits = losses.map((nats) => nats / Math.LN2)
    const line = { v: 1, type: 'line', score: expect.any(Number), percentile: null, alert: false }
    const first = sum(bits.slice(0, 4))
    expect(all).toEqual([
      { ...line, offset: 4, text: 'ab', bits: expect.closeTo(first, 9), bitsPerCharacter: expect.closeTo(first / 4, 9) },
      { ...line, offset: 5, text: 'c', bits: expect.closeTo(bits[4]!, 9), bitsPerCharacter: expect.closeTo(bits[4]!, 9) },
    ])
  })

  test('says what comes next once after each burst, of the last character that arrived', () => {
    const model = smallModel()
    marbles(({ cold, expectObservable, flush }) => {
      const source = cold('-a--b-|', { a: 'abcab', b: 'c' })
      const all: LearnerEvent[] = []
      const event$ = source.pipe(
        events(model, { types: ['prediction'] }),
        tap((event) => all.push(event)),
      )
      expectObservable(event$).toBe('-a--b-(c|)', { a: expect.anything(), b: expect.anything(), c: expect.anything() })
      flush()
      expect(all.map(({ type, offset }) => [type, offset])).toEqual([
        ['prediction', 5],
        ['prediction', 6],
        ['prediction', 6],
      ])
    })
  })

  test('names at most five characters with their probabilities', () => {
    const predictions: LearnerEvent[] = []
    const model = smallModel()
    marbles(({ cold }) => {
      cold('(a|)', { a: 'abcdefgh' })
        .pipe(events(model, { types: ['prediction'] }))
        .subscribe((event) => predictions.push(event))
    })
    const next = predictions.flatMap((event) => (event.type === 'prediction' ? event.next : []))
    expect(next).toHaveLength(5)
    expect(next.map(([, probability]) => probability)).toEqual(next.map(([, probability]) => probability).toSorted((a, b) => b - a))
    for (const [character] of next) expect('abcdefgh').toContain(character)
  })

  test('says how it is going at the start and at the end', () => {
    const all = eventsOf('abc'.repeat(50), { types: ['stats'] }, { learnAbove: 0 })
    expect(all.map(({ type, offset }) => [type, offset])).toEqual([
      ['stats', 1],
      ['stats', 150],
    ])
    expect(all.at(-1)).toMatchObject({ v: 1, characters: 150, updates: 38, vocabulary: 4 })
  })

  test('learns the text once, whatever is asked for', () => {
    for (const types of [[], ['line'], ['stats'], EVENT_TYPES] as const) {
      const model = smallModel()
      of('abcabcabc\n').pipe(events(model, { types })).subscribe()
      expect([types, model.version]).toEqual([types, 3])
    }
  })

  test('gives the same lines as numbers, whether other events are asked for or not', () => {
    const linesOf = (options: EventsOptions) => eventsOf('ab\nc\n', options).filter(({ type }) => type === 'line')
    expect(linesOf({ types: ['line', 'stats'] })).toEqual(linesOf({ types: ['line'] }))
  })

  test('passes an error through once', () => {
    const model = smallModel()
    const errors: unknown[] = []
    const failing$ = concat(
      of('ab'),
      throwError(() => new Error('end')),
    )
    failing$.pipe(events(model)).subscribe({ error: (error: unknown) => errors.push(error) })
    expect(errors).toEqual([new Error('end')])
  })

  test('reads bytes as UTF-8', () => {
    const [line] = eventsOf('größer\n', { types: ['line'] }, { alphabet: 'bytes' })
    expect(line).toMatchObject({ text: 'größer', offset: 9 })
  })

  test('are of known types only', () => {
    // @ts-expect-error -- there are no lines
    expect(() => events(smallModel(), { types: ['line', 'lines'] })).toThrow(
      new OptionError('types', 'types has lines, but it must be some of line, prediction, stats'),
    )
  })

  test('survives JSON, whatever the text holds', () => {
    const text = '\0\u2028"\\😀\ud83d'
    const [line] = eventsOf(text, { types: ['line'] })
    expect(JSON.parse(JSON.stringify(line))).toMatchObject({ text })
  })

  test('reads a line that is longer than what a call can take as arguments', () => {
    expect(textOf(new Int32Array(500_000).fill(97), 'characters')).toBe('a'.repeat(500_000))
  })
})
