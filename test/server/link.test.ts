import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { LearnerProxy } from '../../src/server/learner-proxy.ts'
import type { ToLearner } from '../../src/server/messages.ts'
import type { Pool } from '../../src/server/pool.ts'

// threads are started from what was built
const built: { Pool: typeof Pool } = await import(new URL('../../dist/src/server/pool.js', import.meta.url).href)

const frames = fc.array(fc.oneof(fc.string(), fc.uint8Array()), { maxLength: 30 })

describe('a link between a connection and its learner', () => {
  test.prop([frames, fc.infiniteStream(fc.nat(2))])('gives every frame once and in order, at most one batch at a time', (chunks, steps) => {
    const batches: (readonly (string | Uint8Array)[])[] = []
    let settled = 0
    const client = { event: () => {}, settle: () => (settled += 1), close: () => {} }
    const link = new LearnerProxy(1, client, (message: ToLearner) => message.kind === 'frames' && batches.push(message.chunks))
    let dealtWith = 0
    for (const chunk of chunks) {
      link.frame(chunk)
      const given = batches.slice(dealtWith).filter((batch) => batch.some(({ length }) => length > 0))
      expect(given.length).toBeLessThanOrEqual(1)
      if (steps.next().value !== 0) continue
      const undone = batches.slice(dealtWith)
      dealtWith = batches.length
      for (const batch of undone) link.settle(lengthOf(batch))
    }
    link.gone()
    expect(batches.flat()).toEqual(chunks)
  })

  test.prop([fc.array(fc.nat(3000))])('says of all that left for the client but the last few thousand characters', (lengths) => {
    let told = 0
    const client = { event: (_: string, sent: () => void) => sent(), settle: () => {}, close: () => {} }
    const link = new LearnerProxy(
      1,
      client,
      (message: ToLearner) => (told += message.kind === 'flushed' ? message.length : message.kind === 'frames' ? message.flushed : 0),
    )
    for (const length of lengths) link.event('x'.repeat(length))
    const total = lengths.reduce((sum, length) => sum + length, 0)
    expect(total - told).toBeLessThan(4096)
    link.frame('a frame')
    expect(told).toBe(total)
  })

  test('waits no longer when the server stops', async () => {
    const settings = {
      model: { preset: 'small' },
      models: undefined,
      checkpointEvery: 1000,
      maxProducers: 1,
      keepProducers: 0,
      maxRate: undefined,
      allowSampling: false,
      privateEvents: false,
      verdicts: false,
    } as const
    const pool = new built.Pool({ workers: 1, settings, log: () => {}, known: () => {}, died: () => {} })
    let settled = 0
    const opening = { mode: 'learn', protocol: 'plain', name: undefined, producer: 'default', preset: undefined, types: [] } as const
    const channel = pool.open(opening, { event: () => {}, settle: (length) => (settled += length), close: () => {} })
    for (const text of ['one', 'two', 'three']) channel.frame(text)
    await pool.stop(10_000)
    expect(settled).toBe('onetwothree'.length)
  })
})

function lengthOf(batch: readonly { readonly length: number }[]): number {
  return batch.reduce((sum, { length }) => sum + length, 0)
}
