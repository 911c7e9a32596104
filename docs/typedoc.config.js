import { Converter } from 'typedoc'

/** What is imported, by the path that typedoc calls it: the one below what all have in common */
const ENTRY_POINTS = {
  src: { file: 'src/index.ts', name: 'rxrnn' },
  'src/keyed': { file: 'src/keyed/index.ts', name: 'rxrnn/keyed' },
  'src/kernels': { file: 'src/kernels/index.ts', name: 'rxrnn/kernels' },
  'src/node': { file: 'src/node.ts', name: 'rxrnn/node' },
  'src/nats': { file: 'src/nats/index.ts', name: 'rxrnn/nats' },
  'streams/websocket/websocket': { file: 'streams/websocket/websocket.ts', name: 'rxrnn/websocket' },
  'streams/websocket/websocket-server': { file: 'streams/websocket/websocket-server.ts', name: 'rxrnn/websocket-server' },
}

const GUIDES = [
  'start',
  'how-it-learns',
  'operators',
  'streams',
  'checkpoints',
  'serving',
  'scaling',
  'performance',
  'reliability',
  'from-min-char-rnn',
].map((name) => `docs/guides/${name}.md`)

const PAGES = ['examples/README.md', 'docs/protocol.md', 'docs/security.md', 'docs/reliability.md', 'docs/scale.md', 'docs/architecture.md']
const MEASUREMENTS = ['bench/README.md', 'bench/quality.md', 'bench/alerts.md']

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
    for (const module of project.children ?? []) module.name = ENTRY_POINTS[module.name].name
  })
}

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  basePath: '..',
  entryPoints: Object.values(ENTRY_POINTS).map(({ file }) => `../${file}`),
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
  highlightLanguages: ['ts', 'js', 'sh', 'console', 'python', 'json', 'html', 'text', 'diff', 'yaml'],
}
