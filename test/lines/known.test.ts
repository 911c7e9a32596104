import { createModel, Learner, load, Random, save } from '../../src/index.ts'
import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { Loader, Saver } from '../../src/checkpoint/archives.ts'
import { Muting } from '../../src/lines/muting.ts'
import { RecentScores, type RecentScoresOptions } from '../../src/lines/recent-scores.ts'
import { finish, HashTable, mix } from '../../src/lines/table.ts'
import { shapeOf, templateOf } from '../../src/lines/template.ts'
import type { Archive } from '../../src/archive.ts'

const charactersOf = (text: string) => Int32Array.from(text, (character) => character.codePointAt(0)!)

/** What was saved of a part, given to another one */
async function through(part: { transfer(archive: Archive): void }, other: { transfer(archive: Archive): void }): Promise<void> {
  const learner = new Learner(createModel({ hidden: 2, ngram: 0 }))
  learner.learn('a')
  const { archive } = await load(await save(learner, { also: (archive) => part.transfer(archive) }))
  other.transfer(archive)
}

describe('a table by hashes', () => {
  /** Two places for each two neighbouring hashes; of two that are taken, the one with the lesser number makes room, and its own where they are equal */
  class DescribedTable {
    readonly #places: ([hash: number, number: number] | undefined)[] = Array(4).fill(undefined)

    get(hash: number): number | undefined {
      return this.#places.find((entry, i) => entry?.[0] === hash && i >> 1 === (hash & 3) >> 1)?.[1]
    }

    set(hash: number, number: number): void {
      const [own, other] = [hash & 3, (hash & 3) ^ 1]
      const taken = [own, other].find((place) => this.#places[place]?.[0] === hash)
      const free = [own, other].find((place) => this.#places[place] === undefined)
      const lesser = this.#places[other] !== undefined && this.#places[other][1] < (this.#places[own]?.[1] ?? 0) ? other : own
      this.#places[taken ?? free ?? lesser] = [hash, number]
    }
  }

  property.prop([fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.nat(3)), { maxLength: 30 })])('is what it is described as', (sets) => {
    const [table, described] = [new HashTable(2), new DescribedTable()]
    for (const [hash, number] of sets) {
      table.set(hash, number)
      described.set(hash, number)
      for (let hash = 1; hash <= 20; hash++) expect(table.get(hash)).toBe(described.get(hash))
    }
  })

  test('finds the hash 0, and those with the highest bit', () => {
    const table = new HashTable(4)
    for (const hash of [0, -2, 5]) table.set(hash, 10 + hash)
    expect([0, -2, 0xfffffffe, 5, 6].map((hash) => table.get(hash))).toEqual([10, 8, 8, 15, undefined])
  })

  test('does not load one of another size', () => {
    const saver = new Saver()
    new HashTable(3).transfer(saver, 'kinds')
    saver.list('kinds.numbers', new Float64Array(7))
    expect(() => new HashTable(3).transfer(new Loader(saver.tensors, saver.metadata), 'kinds')).toThrow('kinds has 7 numbers, and not 8')
  })
})

describe('hashes', () => {
  // of four bytes, by the test vectors that go round for MurmurHash3_x86_32
  test.each([
    ['test', 0, 0xba6bd213],
    ['test', 0x9747b28c, 0x704b81dc],
    ['aaaa', 0x9747b28c, 0x5a97808a],
    ['abcd', 0x9747b28c, 0xf0478627],
  ])('are those of MurmurHash3: %s with the seed %d', (text, seed, hash) => {
    expect(finish(mix(seed, Buffer.from(text).readInt32LE()) ^ 4) >>> 0).toBe(hash)
  })
})

describe('a template', () => {
  const templateIn = (text: string) => templateOf(charactersOf(text))
  /** What of a line is no value, as it is described */
  const described = (text: string) =>
    (text.match(/[^ \t]+/g) ?? []).flatMap((word) => {
      const name = /^[^=]*=?/.exec(word)![0].replaceAll(/[0-9]+/g, '0')
      return /[0-9/@]/.test(name) && !word.endsWith(':') ? [] : [name]
    })

  const parts = fc.constantFrom('a', 'b', '0', '9', '12', '/', '@', ':', '=', ' ', '\t', '.', ';', '?', 'A', 'ä')
  const line = fc.array(parts, { maxLength: 8 }).map((parts) => parts.join(''))

  const runs: [string, string][] = [
    ['a1b:', 'a1:'],
    ['a1b:', 'a:'],
    ['a12:', 'a1:'],
    ['1a:', '12a:'],
    ['a1=', 'a22='],
  ]

  property.prop([line, line], { examples: runs })('is the words that are no values, in their order', (one, other) => {
    expect(templateIn(one) === templateIn(other)).toBe(described(one).join(' ') === described(other).join(' '))
  })

  property.prop([line, line], { examples: [['aa', 'a']] })(
    'apart, a line is the same as another that differs in the length of its numbers and spaces',
    (one, other) => {
      const [shape, otherShape] = [one, other].map((text) =>
        text
          .replaceAll(/[0-9]+/g, '0')
          .replaceAll(/[ \t]+/g, ' ')
          .trimStart(),
      )
      expect(shapeOf(charactersOf(one)) === shapeOf(charactersOf(other))).toBe(shape === otherShape)
      expect(shapeOf(charactersOf(one))).toBe(shapeOf(charactersOf(shape!)))
    },
  )

  test.each([
    ['numbers, times and addresses', '10:15:01,7 INFO sent 12 to 10.0.0.1:80', '9:00 INFO  sent 7 to 8.8.8.8:53'],
    ['paths and mail', 'GET /a/b by x@y.z', 'GET /index by me@home'],
    ['what follows an equals sign', 'state=warm user=anna', 'state=cold user=b/1'],
    ['the number of a process', 'sshd[241]: closed', 'sshd[7]: closed'],
  ])('is the same for other %s', (_, one, other) => {
    expect(templateIn(one)).toBe(templateIn(other))
  })
})

describe('the last scores', () => {
  /** As they are described: a quantile of the last ones, at a level that follows how many stood out */
  class DescribedScores {
    readonly #rate: number
    readonly #least: number
    readonly #warmUp: number
    readonly #window: number
    #level: number
    #silence = 0
    #seen = 0
    #last: number[] = []

    constructor({ rate = 0.01, window = 2000, least = 1 }: RecentScoresOptions) {
      this.#rate = rate
      this.#least = least
      this.#warmUp = Math.max(100, Math.ceil(1 / rate))
      this.#window = Math.max(window, 2 * this.#warmUp)
      this.#level = rate
    }

    get #quantile(): number {
      if (this.#seen < this.#warmUp || this.#level <= 0) return Infinity
      const sorted = this.#last.toSorted((a, b) => a - b)
      return sorted[Math.ceil(sorted.length * (1 - this.#level)) - 1] ?? -Infinity
    }

    get bar(): number {
      return Math.max(this.#quantile, this.#least)
    }

    add(score: number): boolean {
      const { bar } = this
      const stoodOut = score > this.#quantile
      if (this.#seen >= this.#warmUp) this.#level += 0.001 * (this.#rate - Number(stoodOut))
      this.#silence = stoodOut ? 0 : this.#silence + 1
      this.#seen += 1
      const fell = this.#silence > 5 / this.#rate
      if (fell) this.#silence = 0
      this.#last.push(score)
      this.#last = this.#last.slice(-(fell ? this.#warmUp : Math.min(this.#window, Math.max(this.#warmUp, Math.ceil(0.75 * this.#seen)))))
      return score > bar
    }
  }

  const anyScores = fc.tuple(fc.nat(), fc.constantFrom(1, 3, 40)).map(([seed, levels]) => {
    const random = new Random(seed)
    // falls in the middle
    return Array.from({ length: 420 }, (_, i) => Math.floor(levels * random.uniform()) + (i < 130 ? 50 : 0))
  })

  property.prop([anyScores, fc.constantFrom(0.02, 0.1, 0.4), fc.constantFrom(50, 220), fc.constantFrom(0, 1, 60)], { numRuns: 20 })(
    'have the bar that is described',
    (scores, rate, window, least) => {
      const [recent, described] = [new RecentScores({ rate, window, least }), new DescribedScores({ rate, window, least })]
      for (const [i, score] of scores.entries()) {
        expect(recent.bar).toBeCloseTo(described.bar, 9)
        expect(recent.warmUp).toBe(Math.max(Math.max(100, Math.ceil(1 / rate)) - i, 0))
        expect(recent.add(score)).toBe(described.add(score))
      }
    },
  )

  test('flag nothing below one bit by default', () => {
    const recent = new RecentScores()
    expect(recent.warmUp).toBe(100)
    for (let i = 0; i < 100; i++) recent.add(i / 1000)
    expect(recent.bar).toBe(1)
  })
})

describe('muting', () => {
  /** The weights of lines of characters that cost so many bits each */
  function weightsOf(muting: Muting, lines: readonly (readonly number[])[]): readonly (readonly number[])[] {
    return lines.map((bits) => {
      const weights = new Float64Array(bits.length + 1).fill(1)
      muting.push(
        Float64Array.from(bits.slice(0, 1), (some) => some * Math.LN2),
        weights,
        0,
      )
      muting.push(
        Float64Array.from(bits.slice(1), (some) => some * Math.LN2),
        weights,
        1,
      )
      muting.end()
      return [...weights]
    })
  }

  test('begins where the squared bits of a line exceed what all but a share of the lines come to, and ends with the line', () => {
    const muting = new Muting({ rate: 0.1 })
    const usual = Array.from({ length: 100 }, () => [2, 1])
    expect(weightsOf(muting, usual).flat()).not.toContain(0)
    expect(
      weightsOf(muting, [
        [1, 2, 0],
        [2, 1, 0.1, 0, 1],
        [3, 0],
        [2, 1, 0],
      ]),
    ).toEqual([
      [1, 1, 1, 1],
      [1, 1, 0, 0, 0, 1],
      [0, 0, 1],
      [1, 1, 1, 1],
    ])
  })
})

describe('muting by default', () => {
  test('begins above one bit squared', () => {
    const muting = new Muting()
    for (let line = 0; line < 100; line++) muting.end()
    const weights = new Float64Array(3).fill(1)
    muting.push(Float64Array.of(0.9 * Math.LN2, 0.3 * Math.LN2, 0.4 * Math.LN2), weights, 0)
    expect([...weights]).toEqual([1, 1, 0])
  })
})

describe('what is known of lines resumes from where it was saved:', () => {
  const random = new Random(3)
  const texts = Array.from({ length: 600 }, (_, i) => `${i}:00 app[${random.next() % 3}] ${'abcdefgh'[random.next() % 8]} did id=${i}`)

  test('the bar', async () => {
    const [straight, saved, resumed] = [new RecentScores(), new RecentScores(), new RecentScores()]
    const draws = Array.from({ length: 1500 }, () => random.normal())
    for (const draw of draws) for (const recent of [straight, saved]) recent.add(draw)
    await through(saved, resumed)
    for (const draw of draws) {
      expect(resumed.bar).toBe(straight.bar)
      expect(resumed.add(draw)).toBe(straight.add(draw))
    }
  })

  test('what is muted, in the middle of a line', async () => {
    const [straight, saved, resumed] = [new Muting({ rate: 0.2 }), new Muting({ rate: 0.2 }), new Muting({ rate: 0.2 })]
    const characters = [...charactersOf(`${texts.join('\n')}\n`)]
    const nats = characters.map(() => 3 * random.uniform())
    const middle = Math.floor(characters.length / 2)
    const mutedBy = (muting: Muting, from: number, to: number) => {
      const weights = new Float64Array(characters.length).fill(1)
      for (let i = from; i < to; i++) {
        muting.push(Float64Array.of(nats[i]!), weights, i)
        if (characters[i] === 10) muting.end()
      }
      return [...weights.subarray(from, to)]
    }
    mutedBy(straight, 0, middle)
    mutedBy(saved, 0, middle)
    await through(saved, resumed)
    const rest = mutedBy(resumed, middle, characters.length)
    expect(rest).toEqual(mutedBy(straight, middle, characters.length))
    expect(rest).toContain(1)
  })
})
