import { createHash } from 'node:crypto'
import { createModel, Learner, load, Random, save } from '../../src/index.ts'
import { describe, expect, test } from 'vitest'
import { Muting } from '../../src/lines/muting.ts'
import { RecentScores } from '../../src/lines/recent-scores.ts'
import { HashTable } from '../../src/lines/table.ts'
import { templateOf } from '../../src/lines/template.ts'
import type { Archive } from '../../src/archive.ts'

const charactersOf = (text: string) => Int32Array.from(text, (character) => character.codePointAt(0)!)

/** What was saved of a part, given to another one */
async function through(part: { transfer(archive: Archive): void }, other: { transfer(archive: Archive): void }): Promise<void> {
  const learner = new Learner(createModel({ hidden: 2, ngram: 0 }))
  learner.learn('a')
  const { archive } = await load(await save(learner, { hasher: () => createHash('sha256'), also: (archive) => part.transfer(archive) }))
  other.transfer(archive)
}

describe('a table by hashes', () => {
  test('finds what was set, and keeps the greater numbers when it is full', () => {
    const table = new HashTable(4)
    for (let hash = 0; hash < 200; hash++) table.set(hash * 16, hash % 2 === 0 ? 1000 + hash : hash)
    expect([198, 199].map((hash) => table.get(hash * 16))).toEqual([1198, 199])
    expect(table.get(1)).toBeUndefined()
    expect(table.add(198 * 16, 2)).toBe(1198)
    expect(table.get(198 * 16)).toBe(1200)
  })
})

describe('a template', () => {
  const messageOf = (text: string) => templateOf(charactersOf(text)).message
  const lineOf = (text: string) => templateOf(charactersOf(text)).line

  test.each([
    ['numbers, times and addresses', '10:15:01,7 INFO sent 12 to 10.0.0.1:80', '9:00 INFO  sent 7 to 8.8.8.8:53'],
    ['paths and mail', 'GET /a/b by x@y.z', 'GET /index by me@home'],
    ['what follows an equals sign', 'state=warm user=anna', 'state=cold user=b'],
    ['the number of a process', 'sshd[241]: closed', 'sshd[7]: closed'],
  ])('of a message does not tell %s apart', (_, one, other) => {
    expect(messageOf(one)).toBe(messageOf(other))
  })

  test('of a message tells words apart, and their order', () => {
    expect(new Set(['a b', 'b a', 'a', 'b', 'ab', 'a b c'].map(messageOf)).size).toBe(6)
  })

  test('of a line tells all but digits apart', () => {
    expect(lineOf('took 15 ms')).toBe(lineOf('took 7 ms'))
    expect(lineOf('state=warm')).not.toBe(lineOf('state=cold'))
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
