import { Converter } from 'typedoc'

/** What is imported, under the name that it is imported by */
const ENTRY_POINTS = {
  'src/index.ts': 'rxrnn',
  'src/keyed/index.ts': 'rxrnn/keyed',
  'src/kernels/index.ts': 'rxrnn/kernels',
  'src/node.ts': 'rxrnn/node',
  'src/nats/index.ts': 'rxrnn/nats',
  'streams/websocket/websocket.ts': 'rxrnn/websocket',
  'streams/websocket/websocket-server.ts': 'rxrnn/websocket-server',
}

/** typedoc names a module by its path, without the extension and `index` */
const NAMES = new Map(Object.entries(ENTRY_POINTS).map(([file, name]) => [file.replace(/(\/index)?\.ts$/, ''), name]))

const GUIDES = [
  'start',
  'terminal',
  'score',
  'how-it-learns',
  'operators',
  'dashboard',
  'verdicts',
  'streams',
  'checkpoints',
  'serving',
  'scaling',
  'performance',
  'reliability',
  'from-min-char-rnn',
  'teaching',
].map((name) => `docs/${name}.md`)

const PAGES = ['examples/README.md', 'docs/reference/protocol.md', 'docs/reference/security.md', 'docs/reference/events.md', 'docs/architecture.md']
const MEASUREMENTS = ['README', 'quality', 'alerts', 'serve', 'scaling'].map((name) => `bench/${name}.md`)

/** Names modules as they are imported, and pages by their headings */
function name(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, page) => {
    const [heading] = page.content
      .map(({ text }) => text)
      .join('')
      .split('\n')
    page.name = heading.replaceAll(/^# |`/g, '')
  })
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) module.name = NAMES.get(module.name)
  })
}

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  basePath: '..',
  entryPoints: Object.keys(ENTRY_POINTS).map((file) => `../${file}`),
  projectDocuments: [...GUIDES, ...PAGES, ...MEASUREMENTS].map((path) => `../${path}`),
  readme: '../README.md',
  tsconfig: 'tsconfig.json',
  out: '../dist/docs',
  name: 'rxrnn',
  plugin: [name],
  customCss: 'site.css',
  navigation: { includeFolders: false },
  sortEntryPoints: false,
  sort: ['source-order'],
  kindSortOrder: ['Document', 'Module'],
  excludePrivate: true,
  excludeInternal: true,
  disableSources: true,
  // npm run types does
  skipErrorChecking: true,
  treatWarningsAsErrors: true,
  validation: { notExported: false, invalidLink: true },
  highlightLanguages: ['ts', 'js', 'sh', 'console', 'python', 'json', 'html', 'text', 'diff', 'yaml', 'mermaid'],
}
