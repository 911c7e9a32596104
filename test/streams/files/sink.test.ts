import { Writable } from 'node:stream'
import { FileError, sink } from 'rxrnn/node'
import { describe, expect, test } from 'vitest'

const CHUNKS = ['one\n', 'two\n', 'three\n', 'four\n']

/** A place that takes so many chunks and fails after them, at once or after a while */
function limited(room: number, code: string, { late = false } = {}) {
  const taken: string[] = []
  const writable = new Writable({
    write(chunk: Buffer, _, done) {
      const error = taken.length < room || chunk.length === 0 ? undefined : Object.assign(new Error(`${code}: of the system`), { code })
      if (error === undefined && chunk.length > 0) taken.push(chunk.toString())
      if (late) setImmediate(done, error)
      else done(error)
    },
  })
  return { taken, writable }
}

describe.each([{ late: false }, { late: true }])('a sink whose system answers late: $late', ({ late }) => {
  test.each(CHUNKS.map((_, room) => room))('knows that not all was taken where there is room for %i chunks', async (room) => {
    const { taken, writable } = limited(room, 'ENOSPC', { late })
    const output = sink(writable)
    const flushed: boolean[] = []
    for (const chunk of CHUNKS) {
      output.write(chunk)
      flushed.push(await output.flushed())
    }
    expect(flushed).toEqual(CHUNKS.map((_, i) => i < room))
    expect(taken).toEqual(CHUNKS.slice(0, room))
    await expect(output.end()).rejects.toThrow('cannot write the output: the disk is full')
    await expect(output.closed).rejects.toThrow(FileError)
  })

  test('fails when all chunks were written in one go', async () => {
    const output = sink(limited(2, 'EIO', { late }).writable)
    for (const chunk of CHUNKS) output.write(chunk)
    expect(await output.flushed()).toBe(false)
    await expect(output.end()).rejects.toMatchObject({ code: 'EIO' })
  })

  test('takes a closed pipe for the end, and no error', async () => {
    const output = sink(limited(2, 'EPIPE', { late }).writable)
    for (const chunk of CHUNKS) output.write(chunk)
    expect(await output.flushed()).toBe(false)
    await output.end()
    await output.closed
    expect(output.ready()).toBeUndefined()
  })

  test('is open while there is room', async () => {
    const { taken, writable } = limited(CHUNKS.length, 'ENOSPC', { late })
    const output = sink(writable)
    for (const chunk of CHUNKS) output.write(chunk)
    expect(await output.flushed()).toBe(true)
    await output.end()
    expect(taken).toEqual(CHUNKS)
  })
})
