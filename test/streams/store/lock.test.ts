import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CheckpointStore, KeyFolder, latestCheckpoint } from 'rxrnn/node'
import { afterEach, describe, expect, test } from 'vitest'
import type { Clock } from '../../../streams/clock.ts'
import { lock } from '../../../streams/store/lock.ts'
import { testWithPeer, UNSHARE } from '../../peers.ts'

const fresh = () => mkdtempSync(join(tmpdir(), 'rxrnn-lock-'))
const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** A process that opens a store, writes a checkpoint a line of its input, and says what came of it */
async function start(folder: string, command: readonly string[] = []) {
  const program = `
    import { createInterface } from 'node:readline'
    import { CheckpointStore } from 'rxrnn/node'
    const store = new CheckpointStore(${JSON.stringify(folder)})
    const say = (work, words) => work.then(() => console.log(words), (error) => console.log(error.message))
    await say(store.open(), process.pid)
    for await (const line of createInterface({ input: process.stdin })) await say(store.write(Number(line), new TextEncoder().encode(line)), line)`
  const [first, ...rest] = [...command, process.execPath, '--input-type=module', '-e', program]
  const child = spawn(first, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  const said = async () => {
    const [data]: Buffer[] = await once(child.stdout, 'data')
    return String(data).trim()
  }
  return { child, said, first: await said() }
}

/** A clock by which time passes at once; `passed` is told of it */
function clockThat(passed: () => void): Clock {
  return { now: () => 0, sleep: async () => passed(), turn: async () => {} }
}

/** A container has its own process ids, and its own /proc */
const CONTAINER = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'] as const

describe('the lock of a folder', () => {
  testWithPeer(...UNSHARE, 'keeps processes of two containers apart that have the same id, and is free as soon as one is killed', async () => {
    const folder = fresh()
    const one = await start(folder, CONTAINER)
    const other = await start(folder, CONTAINER)
    expect(one.first).toBe('1')
    expect(other.first).toBe(`${folder} is in use by process 1 of another container`)
    other.child.stdin.write('1300\n')
    expect(await other.said()).toContain('is in use by process 1 of another container')
    one.child.stdin.write('4900\n')
    expect(await one.said()).toBe('4900')
    await expect(new CheckpointStore(folder).open()).rejects.toThrow('is in use by process 1 of another container')
    const ended = once(one.child, 'exit')
    one.child.kill('SIGKILL')
    await ended
    other.child.stdin.write('5000\n')
    expect(await other.said()).toBe('5000')
    const { found } = await latestCheckpoint(folder, (bytes) => String(Buffer.from(bytes)))
    expect(found?.value).toBe('5000')
  })

  test('stays with a process that stands still', async () => {
    const folder = fresh()
    const { child } = await start(folder)
    child.kill('SIGSTOP')
    await expect(new CheckpointStore(folder).open()).rejects.toThrow(`${folder} is in use by process ${child.pid}`)
  })

  test('is not taken from another machine that shows a sign of life', async () => {
    const folder = fresh()
    const theirs = join(folder, '.lock-7-othermachine-pid1-abc')
    writeFileSync(theirs, '')
    let seconds = 0
    const clock = clockThat(() => utimesSync(theirs, ++seconds, seconds))
    await expect(lock(folder, clock)).rejects.toThrow(`${folder} is in use by process 7 of another machine`)
    expect(readdirSync(folder)).toEqual(['.lock-7-othermachine-pid1-abc'])
  })

  test('is taken from another machine that shows none for ten seconds', async () => {
    const folder = fresh()
    writeFileSync(join(folder, '.lock-7-othermachine-pid1-abc'), '')
    const { release } = await lock(
      folder,
      clockThat(() => {}),
    )
    expect(readdirSync(folder)).toHaveLength(1)
    await release()
    expect(readdirSync(folder)).toEqual([])
  })

  test('is of a folder with a long name, too', async () => {
    const folder = join(fresh(), 'x'.repeat(120))
    mkdirSync(folder)
    const { release } = await lock(folder)
    const { first } = await start(folder)
    expect(first).toBe(`${folder} is in use by process ${process.pid}`)
    await release()
    expect(readdirSync(folder)).toEqual([])
  })

  test('is missed before a file is replaced, by one who stood still for too long', async () => {
    const folder = fresh()
    const store = new CheckpointStore(join(folder, 'store'))
    const keys = await KeyFolder.open(join(folder, 'keys'))
    await store.write(1, new Uint8Array(1))
    await keys.save('a', new Uint8Array(1))
    const saved = readdirSync(folder, { recursive: true })
    for (const name of saved) if (String(name).includes('.lock-')) rmSync(join(folder, String(name)))
    await expect(store.write(2, new Uint8Array(1))).rejects.toThrow('another process took the folder over while this one stood still')
    await expect(keys.save('a', new Uint8Array(2))).rejects.toThrow('another process took the folder over')
    expect(await keys.load('a')).toEqual(Buffer.from([0]))
    await Promise.all([store.close(), keys.close()])
  })
})
