import { createHash } from 'node:crypto'
import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { CheckpointError } from '../../src/checkpoint/error.ts'
import { type Contents, readSafetensors, writeSafetensors } from '../../src/checkpoint/safetensors.ts'
import { rehearse, seal, unseal } from '../../src/checkpoint/seal.ts'
import { webAssembly } from '../../src/kernels/simd/webassembly.ts'
import { contents, fileOf } from './parts.ts'

const small: Contents = {
  tensors: new Map([
    ['weight', { dtype: 'F32', shape: [2, 3], data: new Uint8Array(24).map((_, i) => i * 11) }],
    ['seen', { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 3) }],
  ]),
  metadata: new Map([['offset', '123']]),
}

async function refusal(bytes: Uint8Array): Promise<string> {
  const error: unknown = await unseal(bytes).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(error instanceof CheckpointError)) throw new Error(`not refused, but ${String(error)}`)
  return error.message
}

describe('a sealed checkpoint', () => {
  property.prop([contents], { numRuns: 50 })('gives back what was sealed', async (written) => {
    const opened = await unseal(await seal(written))
    expect(new Map(opened.tensors)).toEqual(new Map(written.tensors))
    expect([...opened.metadata]).toEqual([...written.metadata])
  })

  test('is refused at every length that it is cut to', async () => {
    const bytes = await seal(small)
    for (let length = 0; length < bytes.length; length++) await refusal(bytes.subarray(0, length))
  })

  test('is refused when it continues', async () => {
    const bytes = await seal(small)
    expect(await refusal(Uint8Array.of(...bytes, 0))).toContain('belong to no tensor')
  })

  test('is refused with any bit of it flipped', async () => {
    const bytes = await seal(small)
    for (let at = 0; at < bytes.length * 8; at++) {
      const flipped = bytes.slice()
      flipped[at >> 3]! ^= 1 << (at & 7)
      await refusal(flipped)
    }
  })

  property.prop([fc.nat(), fc.integer({ min: 1, max: 255 })])('is refused with any byte of it changed', async (at, change) => {
    const bytes = await seal(small)
    bytes[at % bytes.length]! ^= change
    await refusal(bytes)
  })

  test('has the digest that its docstring describes', async () => {
    const bytes = Buffer.from(await seal(small))
    const digest = bytes.toString('latin1', 35, 99)
    bytes.write('0'.repeat(64), 35)
    expect(digest).toBe(createHash('sha256').update(bytes).digest('hex'))
    expect(readSafetensors(await seal(small)).metadata.get('sha256')).toBe(digest)
  })

  test('says whether it is damaged, of another version, not sealed, or not ours', async () => {
    const bytes = await seal(small)
    expect(await refusal(bytes.with(bytes.length - 1, 77))).toMatch(/^the checkpoint is damaged: its digest is [0-9a-f]{64}, not [0-9a-f]{64}$/)
    const header = (metadata: string) => fileOf(`{"__metadata__":{${metadata}}}`)
    expect(await refusal(header('"format":"rxrnn/2"'))).toBe('its format is "rxrnn/2", this program reads rxrnn/1')
    expect(await refusal(header('"format":"rxrnn/1"'))).toContain('not sealed')
    expect(await refusal(header(`"format":"rxrnn/1","sha256":"${'0'.repeat(64)}"`))).toContain('not sealed')
    expect(await refusal(writeSafetensors(small))).toContain('no checkpoint of rxrnn')
  })

  test('keeps the keys of the seal to itself', async () => {
    await expect(seal({ tensors: new Map(), metadata: new Map([['sha256', 'x']]) })).rejects.toThrow('the seal writes the metadata "sha256" itself')
  })

  test('is the same in memory that was used before', async () => {
    const used = new Uint8Array(5000).fill(0xaa)
    const bytes = await seal(small, { allocate: (length) => used.subarray(3, 3 + length) })
    expect(bytes.buffer).toBe(used.buffer)
    expect(Buffer.from(bytes)).toEqual(Buffer.from(await seal(small)))
  })

  test('is made room for while the memory of the parts grows, which takes their buffer away', async () => {
    const memory = new (webAssembly().Memory)({ initial: 640, maximum: 6400 })
    const parts = [new Uint8Array(memory.buffer), new Uint8Array(memory.buffer, 65536)]
    const length = parts[0]!.length + parts[1]!.length
    let pauses = 0
    const pause = async () => {
      pauses += 1
      memory.grow(1)
    }
    expect((await rehearse(parts, { pause })).length).toBeGreaterThanOrEqual(length)
    expect(pauses).toBeGreaterThan(0)
  })

  test('holds what was there when it was asked for, while others get their turns', async () => {
    const data = new Uint8Array(40_000_000).fill(1)
    let pauses = 0
    const pause = async () => {
      pauses += 1
      await new Promise((resolve) => setImmediate(resolve))
    }
    const sealing = seal({ tensors: new Map([['a', { dtype: 'U8', shape: [data.length], data }]]), metadata: new Map() }, { pause })
    data.fill(2)
    const { tensors } = await unseal(await sealing)
    expect(tensors.get('a')!.data.every((byte) => byte === 1)).toBe(true)
    expect(pauses).toBeGreaterThan(2)
  })
})
