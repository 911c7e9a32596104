import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { blocksOf, pageOf, ROOT } from './pages.ts'

const FOLDERS = ['src', 'src/alerts', 'src/checkpoint', 'src/keyed', 'src/operators']

interface Operator {
  readonly name: string
  readonly about: string
}

const surface = ['src/index.ts', 'src/keyed/index.ts'].map((path) => readFileSync(join(ROOT, path), 'utf8')).join('\n')

/** The functions of the public surface that give operators, with their doc comments */
const operators = FOLDERS.flatMap((folder) => readdirSync(join(ROOT, folder)).map((name) => join(ROOT, folder, name)))
  .filter((path) => path.endsWith('.ts'))
  .flatMap((path) => operatorsIn(readFileSync(path, 'utf8')))
  .filter(({ name }, i, all) => new RegExp(`\\b${name}\\b`).test(surface) && all.findIndex((other) => other.name === name) === i)

function operatorsIn(source: string): readonly Operator[] {
  const signature = /\/\*\*((?:(?!\*\/)[^])*)\*\/\nexport function (\w+)(?:<[^]*?>)?\([^]*?\): ((?:Mono)?[\w()$: ]*OperatorFunction|\(text\$)/g
  return Array.from(source.matchAll(signature), ([, about, name]) => ({ name: name!, about: about! }))
}

/** The indented lines of a doc comment that begin with its source */
function pictureOf(about: string): string | undefined {
  const lines = about.split('\n').map((line) => line.replace(/^ \* ?/, ''))
  const start = lines.findIndex((line) => line.startsWith('    source'))
  if (start === -1) return undefined
  const length = lines.slice(start).findIndex((line) => !line.startsWith('    '))
  return lines
    .slice(start, start + length)
    .map((line) => line.slice(4))
    .join('\n')
}

const guide = readFileSync(join(ROOT, 'docs/operators.md'), 'utf8')
const sections = new Map(guide.split(/^### /m).map((section) => [section.slice(0, section.indexOf('\n')), blocksOf(pageOf('', section))]))

describe('the guide to the operators', () => {
  test('describes every operator', () => {
    expect(operators.map(({ name }) => name).toSorted()).toEqual([...sections.keys()].slice(1).toSorted())
    expect(operators.length).toBeGreaterThan(12)
  })

  test.each(operators)('shows $name in a picture, which is that of its doc comment, and in a program', ({ name, about }) => {
    const [picture, ...programs] = sections.get(name) ?? []
    expect(picture?.language).toBe('text')
    expect(picture?.code).toBe(pictureOf(about) ?? picture?.code)
    expect(programs.filter(({ runs }) => runs)).toHaveLength(1)
  })
})
