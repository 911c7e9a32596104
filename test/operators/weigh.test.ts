import { weigh } from '../../src/index.ts'
import { describe } from 'vitest'
import { complies } from './compliance.ts'
import { scoredOf, smallModel } from './parts.ts'

describe('weigh', () => {
  complies(() => {
    const model = smallModel()
    return { operator: weigh((character) => (character === 'a' ? 0 : 1)), inputs: scoredOf(model, 'ab', 'cabcab', 'c'), view: ({ offset }) => offset }
  })
})
