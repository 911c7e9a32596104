import { gzipSync } from 'node:zlib'
import { describe, expect, test, vi } from 'vitest'
import { GzipFigure } from '../../src/inspect/gzip-meter.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)
const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `${(from + i) * 7919} GET /item/${(from + i) % 97} 200\n`).join('')

describe('what gzip makes of a text', () => {
  test('is what gzip makes of it, to the byte', async () => {
    const text = bytesOf(lines(0, 300))
    const figure = new GzipFigure()
    figure.add(text, text.length)
    await vi.waitFor(() => expect(figure.figure).toEqual({ characters: text.length, bytes: gzipSync(text).length }))
  })

  test('is not known of the first characters', async () => {
    const figure = new GzipFigure()
    figure.add(bytesOf('abc'), 3)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(figure.figure).toBeUndefined()
  })

  test('is told of a long text in pieces, and close to that of all of it at once', async () => {
    const chunks = Array.from({ length: 12 }, (_, i) => bytesOf(lines(8000 * i, 8000 * (i + 1))))
    const figure = new GzipFigure()
    let characters = 0
    for (const chunk of chunks) {
      figure.add(chunk, chunk.length)
      characters += chunk.length
      const at = characters
      await vi.waitFor(() => expect(figure.figure?.characters).toBeGreaterThan(at / 1.3))
    }
    const { characters: told, bytes } = figure.figure!
    const whole = gzipSync(Buffer.concat(chunks).subarray(0, told)).length
    expect(characters).toBeGreaterThan(3 * 2 ** 19)
    expect(Math.abs(bytes / whole - 1)).toBeLessThan(0.03)
  })
})
