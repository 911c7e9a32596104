import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runHere } from './program.ts'

const SMALL = ['--hidden', '8', '--ngram', '3', '--table-bits', '10']
const folder = mkdtempSync(join(tmpdir(), 'rxrnn-'))
const beats = (count: number) => 'heartbeat ok\n'.repeat(count)

/** What is listed at the end of a file */
async function listOf(text: string, args: readonly string[] = ['--summary']): Promise<readonly string[]> {
  const path = join(folder, 'log')
  writeFileSync(path, text)
  const { stderr } = await runHere([...SMALL, ...args, path])
  return stderr.split('\n').slice(0, -2)
}

describe('the alerts at the end of a file', () => {
  test('are listed with line numbers and reasons; of a block, the line that stands out most', async () => {
    const rows = await listOf(`${beats(300)}FATAL disk is on fire\nFATAL disk is on fire\n${beats(20)}certificate expired\n`)
    expect(rows[0]).toBe('alerts:')
    expect(rows[1]).toMatch(/^ {2}line 30[12], one of 2: FATAL /)
    expect(rows[2]).toMatch(/^ {4}the .*: first of its kind in 30[01] lines$/)
    expect(rows[3]).toBe('  line 323: certificate expired')
    expect(rows).toHaveLength(5)
  })

  test('are the twenty that stand out most, of many', async () => {
    const faults = Array.from({ length: 30 }, (_, i) => `${beats(40)}${'abcdefghijklmnopqrstuvwxyzäöüß'[i]!.repeat(5)} failed badly: ${i}\n`)
    const rows = await listOf(beats(200) + faults.join(''), ['--summary', '--alert-rate', '0.5'])
    expect(rows[0]).toMatch(/^the 20 alerts that stand out most, of \d+:$/)
    const numbers = rows.flatMap((row) => Array.from(row.matchAll(/^ {2}line ([\d,]+)/g), ([, number = '']) => Number(number.replace(',', ''))))
    expect(numbers).toHaveLength(20)
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  })

  test.each([[['--only-alerts', '--summary']], [[]]])('are not listed again with %j', async (args) => {
    expect(await listOf(`${beats(100)}FATAL disk is on fire\n`, args)).toEqual([])
  })
})
