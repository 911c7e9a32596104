import { fc, test } from '@fast-check/vitest'
import { describe, expect, test as example } from 'vitest'
import { Blocks } from '../../src/alerts/blocks.ts'
import { restored } from '../lines/saved.ts'

const groupsOf = (flags: string, blocks = new Blocks(), from = 0) => Array.from(flags, (flag, i) => blocks.next(flag === '!', from + i + 1))

describe('blocks of alerts', () => {
  example('bear the offset of their first line, over at most three other lines', () => {
    expect(groupsOf('.!!...!....!')).toEqual([undefined, 2, 2, undefined, undefined, undefined, 2, undefined, undefined, undefined, undefined, 12])
  })

  test.prop([fc.string({ unit: fc.constantFrom('!', '.'), maxLength: 40 }), fc.nat({ max: 40 })])(
    'resume from where they were saved',
    (flags, at) => {
      const blocks = new Blocks()
      const before = groupsOf(flags.slice(0, at), blocks)
      const after = groupsOf(flags.slice(at), restored(blocks, new Blocks()), before.length)
      expect([...before, ...after]).toEqual(groupsOf(flags))
    },
  )

  test.prop([fc.string({ unit: fc.constantFrom('!', '.'), maxLength: 60 })])('have every alert, each in the block that began last', (flags) => {
    const groups = groupsOf(flags)
    expect(groups.map((group) => group !== undefined)).toEqual(Array.from(flags, (flag) => flag === '!'))
    const known = groups.filter((group) => group !== undefined)
    expect(known).toEqual(known.toSorted((a, b) => a - b))
    for (const group of known) expect(groups[group - 1]).toBe(group)
  })
})
