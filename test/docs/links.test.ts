import { existsSync, readdirSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { anchorsOf, PAGES, type Page, pageOf, ROOT, targetsOf } from './pages.ts'

const anchors = new Map(PAGES.map((page) => [page.path, anchorsOf(page)]))

/** What is wrong with a link of a page, if anything. Nothing is asked of the net. */
function faultOf({ path }: Page, target: string): string | undefined {
  if (/^[a-z]+:/.test(target)) return URL.canParse(target) && /^https?:\/\/[^/]+\.[^/]|^mailto:.+@/.test(target) ? undefined : 'no address'
  if (target.startsWith('/')) return 'begins at the root of somebody else'
  const [file = '', anchor] = target.split('#')
  const to = file === '' ? path : posix.join(posix.dirname(path), decodeURI(file))
  if (to.startsWith('..') || !existsSync(join(ROOT, to))) return 'no such file'
  if (anchor === undefined) return undefined
  return anchors.get(to)?.has(anchor) === true ? undefined : 'no such heading'
}

describe('the links', () => {
  test('are there', () => {
    expect(PAGES.length).toBeGreaterThan(15)
    expect(PAGES.flatMap((page) => targetsOf(page)).length).toBeGreaterThan(50)
  })

  test.each(PAGES)('of $path lead somewhere', (page) => {
    const faults = targetsOf(page).map((target) => [target, faultOf(page, target)])
    expect(faults.filter(([, fault]) => fault !== undefined)).toEqual([])
  })

  test('of what GitHub would show are all seen', () => {
    const page = pageOf('README.md', '[a](one.md) ![b](two.png) <https://example.com>\n\n- [c][d]\n\n[d]: three.md#x\n\n<img src="four.png">\n')
    expect(targetsOf(page)).toEqual(['one.md', 'two.png', 'https://example.com', 'three.md#x', 'four.png'])
  })

  test.each([
    ['docs/nowhere.md', 'no such file'],
    ['../elsewhere.md', 'no such file'],
    ['/README.md', 'begins at the root of somebody else'],
    ['docs/reference/protocol.md#nothing', 'no such heading'],
    ['#nothing', 'no such heading'],
    ['https://nowhere', 'no address'],
    ['htps:example.com', 'no address'],
    ['docs/reference/protocol.md#errors', undefined],
    ['https://arxiv.org/abs/1907.08610', undefined],
  ])('to %s are told apart', (target, fault) => {
    expect(faultOf(pageOf('README.md', ''), target)).toBe(fault)
  })
})

describe('the table of examples', () => {
  const linked = targetsOf(PAGES.find(({ path }) => path === 'examples/README.md')!)

  test.each(readdirSync(join(ROOT, 'examples')).filter((name) => name !== 'README.md'))('has a row for %s', (name) => {
    expect(linked.filter((target) => target.split('/')[0] === name)).not.toEqual([])
  })
})
