import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { fc, test as property } from '@fast-check/vitest'
import { firstValueFrom, lastValueFrom, take, toArray } from 'rxjs'
import { FileError, file, fromReadable } from 'rxrnn/node'
import { describe, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'rxrnn-'))

async function bytesOf(chunks$: ReturnType<typeof fromReadable>): Promise<Buffer> {
  return Buffer.concat(await lastValueFrom(chunks$.pipe(toArray()), { defaultValue: [] }))
}

describe('fromReadable', () => {
  property.prop([fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 8 })])('emits every byte in order', async (chunks) => {
    expect(await bytesOf(fromReadable(Readable.from(chunks, { objectMode: false })))).toEqual(Buffer.concat(chunks))
  })

  test('reads no further than one chunk ahead of a slow consumer', async () => {
    let produced = 0
    const source = new Readable({
      highWaterMark: 1,
      read() {
        produced += 1
        this.push(produced > 100 ? null : Buffer.alloc(10))
      },
    })
    let consumed = 0
    let furthest = 0
    const ready = async () => {
      await new Promise((resolve) => setImmediate(resolve))
      furthest = Math.max(furthest, produced - consumed)
    }
    await new Promise<void>((resolve) => {
      fromReadable(source, { ready }).subscribe({ next: (piece) => (consumed += piece.length / 10), complete: resolve })
    })
    expect(consumed).toBe(100)
    // what was read is being dealt with, and the stream's buffer holds the next
    expect(furthest).toBeLessThanOrEqual(4)
  })

  test('lets the event loop turn while a long chunk is dealt with', async () => {
    let turns = 0
    const count = () => {
      turns += 1
      immediate = setImmediate(count)
    }
    let immediate = setImmediate(count)
    await new Promise<void>((resolve) => {
      fromReadable(Readable.from([Buffer.alloc(4000)], { objectMode: false })).subscribe({
        next(piece) {
          // 20 microseconds a byte: 80 ms in all
          const until = performance.now() + piece.length / 50
          while (performance.now() < until);
        },
        complete: resolve,
      })
    })
    clearImmediate(immediate)
    expect(turns).toBeGreaterThan(4)
  })

  test('destroys the stream and leaves no listener when unsubscribed', async () => {
    const source = new PassThrough()
    const listeners = () => ['readable', 'data', 'end', 'close'].map((event) => source.listenerCount(event))
    const before = listeners()
    const subscription = fromReadable(source).subscribe()
    subscription.unsubscribe()
    await once(source, 'close')
    expect(source.destroyed).toBe(true)
    expect(listeners()).toEqual(before)
  })

  test('stops reading after the value that was asked for', async () => {
    const source = new PassThrough()
    source.write('abc')
    expect(String(await firstValueFrom(fromReadable(source).pipe(take(1))))).toBe('abc')
    expect(source.destroyed).toBe(true)
  })

  test('errors as the stream does', async () => {
    const source = new PassThrough()
    const failed = lastValueFrom(fromReadable(source))
    source.destroy(new Error('the disk is on fire'))
    await expect(failed).rejects.toThrow('the disk is on fire')
  })

  test('reads a stream that was given an encoding', async () => {
    const source = new PassThrough()
    source.setEncoding('utf8')
    source.end('größer')
    expect(String(await bytesOf(fromReadable(source)))).toBe('größer')
  })
})

describe('file', () => {
  test('emits every byte', async () => {
    const path = join(folder, 'bytes')
    const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 31) % 256))
    writeFileSync(path, bytes)
    expect((await bytesOf(file(path))).equals(bytes)).toBe(true)
  })

  test('completes without a value when it is empty', async () => {
    writeFileSync(join(folder, 'empty'), '')
    expect((await bytesOf(file(join(folder, 'empty')))).length).toBe(0)
  })

  test.each([
    [join(folder, 'missing'), 'ENOENT', 'there is no such file'],
    [folder, 'EISDIR', 'it is a folder'],
    [join(folder, 'empty', 'below'), 'ENOTDIR', 'is a file, not a folder'],
  ])('says why %s cannot be read', async (path, code, reason) => {
    const error: unknown = await bytesOf(file(path)).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(FileError)
    expect(error).toMatchObject({ code })
    expect(String(error)).toContain(path)
    expect(String(error)).toContain(reason)
  })
})

describe('stdin', () => {
  test('is released when nobody listens any more, so that an idle input does not keep the process alive', async () => {
    const module = pathToFileURL(join(import.meta.dirname, '../../../dist/src/node.js')).href
    const script = `import { stdin } from ${JSON.stringify(module)}
      const subscription = stdin().subscribe()
      setTimeout(() => { subscription.unsubscribe(); process.stdout.write('unsubscribed') }, 100)`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['pipe', 'pipe', 'inherit'] })
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
    child.stdin.destroy()
  })
})
