import { createHash } from 'node:crypto'
import { fc, test } from '@fast-check/vitest'
import { describe, expect, vi } from 'vitest'

const parts = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 })

/** The hash that a page has, where there is no process */
async function inPage(): Promise<typeof import('../src/sha256.ts')> {
  vi.resetModules()
  vi.stubGlobal('process', undefined)
  try {
    return await import('../src/sha256.ts')
  } finally {
    vi.unstubAllGlobals()
  }
}

const hashes = [await import('../src/sha256.ts'), await inPage()]

describe('SHA-256', () => {
  test.prop({ parts })('is the same of Node and in a page, in whatever parts the bytes come', async ({ parts }) => {
    const expected = createHash('sha256').update(Buffer.concat(parts)).digest('hex')
    for (const { hexDigest, sha256 } of hashes) {
      const hash = sha256()
      for (const part of parts) hash.update(part)
      expect(hexDigest(hash)).toBe(expected)
    }
  })
})
