import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import GithubSlugger from 'github-slugger'
import { lexer, type Token, type Tokens, walkTokens } from 'marked'

export const ROOT: string = join(import.meta.dirname, '../..')

export interface Page {
  /** From the root of the project */
  readonly path: string
  readonly tokens: readonly Token[]
}

/** The README, and what is in the folders of documents */
export const PAGES: readonly Page[] = [
  ...pagesIn('.'),
  ...['docs', 'docs/reference', 'examples', 'examples/nats', 'bench'].flatMap((folder) => pagesIn(folder)),
]

function pagesIn(folder: string): readonly Page[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => pageOf(posix.join(folder, name), readFileSync(join(ROOT, folder, name), 'utf8')))
}

export function pageOf(path: string, markdown: string): Page {
  const tokens: Token[] = []
  void walkTokens(lexer(markdown), (token) => {
    tokens.push(token)
  })
  return { path, tokens }
}

export interface Block {
  /** Of the page and the number of the block in it, to find it again */
  readonly name: string
  readonly language: string
  /** Whether it says that it can be run: ```ts run */
  readonly runs: boolean
  readonly code: string
  /** What it prints, where a block of text follows it at once */
  readonly prints: string | undefined
}

export function blocksOf({ path, tokens }: Page): readonly Block[] {
  const shown = tokens.filter(({ type }) => type !== 'space')
  return shown.flatMap((token, i) => {
    if (!isCode(token)) return []
    const [language = '', ...words] = (token.lang ?? '').split(' ')
    const next = shown[i + 1]
    const prints = next !== undefined && isCode(next) && next.lang === 'text' ? `${next.text}\n` : undefined
    return { name: `${path.replaceAll(/\W+/g, '-')}-${i}`, language, runs: words.includes('run'), code: token.text, prints }
  })
}

function isCode(token: Token): token is Tokens.Code {
  return token.type === 'code'
}

/** The anchors of a page's headings, as GitHub makes them */
export function anchorsOf({ tokens }: Page): ReadonlySet<string> {
  const slugger = new GithubSlugger()
  return new Set(
    tokens.filter((token): token is Tokens.Heading => token.type === 'heading').map(({ text }) => slugger.slug(text.replaceAll(/[`*]/g, ''))),
  )
}

const IN_HTML = /\b(?:href|src|srcset)="([^"]+)"/g

/** Where its links and pictures point to */
export function targetsOf({ tokens }: Page): readonly string[] {
  return tokens.flatMap((token) => {
    if (token.type === 'link' || token.type === 'image') return [String(token['href'])]
    return token.type === 'html' ? Array.from(token.raw.matchAll(IN_HTML), ([, target]) => target!) : []
  })
}
