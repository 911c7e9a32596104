import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT } from './pages.ts'

/** What CONTRIBUTING.md asks to say otherwise, as far as a pattern finds it */
const WORST =
  /\btells\b|\bgo(es)? on (from|where|as)\b|\bleaves? away\b|\b(what|who) is no [a-z]|\bis told of\b|\bin words\b|\blooks on\b|\btakes? note\b|\bone \w+ an? (line|key|frame|second|character|row|window|connection)\b/i

const FOLDERS = ['src', 'streams', 'examples', 'docs', 'bench', 'torture', 'scripts']
const files = [...FOLDERS.flatMap((folder) => filesIn(folder)), 'README.md', 'CHANGELOG.md', 'SECURITY.md']

function filesIn(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|mjs|md|html)$/.test(name) && !name.includes('node_modules'))
    .map((name) => join(folder, name))
}

describe('what people read', () => {
  test('is there', () => expect(files.length).toBeGreaterThan(300))

  test('has none of the worst words', () => {
    const found = files.flatMap((file) =>
      readFileSync(join(ROOT, file), 'utf8')
        .split('\n')
        .flatMap((line, i) => (WORST.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
    )
    expect(found).toEqual([])
  })
})
