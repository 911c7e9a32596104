// Compares the public surface of each subpath with its report in api/, so that a change of it is a diff to be read; with --update, writes the reports.
// Also fails when a public signature names a type that no subpath exports.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'
import manifest from '../package.json' with { type: 'json' }

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, 'api')
const update = process.argv.includes('--update')

/** Types that are exported, by the name of their report: rxrnn/node is node.api.md */
const surfaces = Object.entries(manifest.exports).flatMap(([subpath, { types }]) =>
  types === undefined ? [] : [{ report: subpath === '.' ? 'rxrnn' : subpath.slice(2), types }],
)

function configOf({ report, types }) {
  return ExtractorConfig.prepare({
    configObjectFullPath: join(root, 'api-extractor.json'),
    packageJsonFullPath: join(root, 'package.json'),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: join(root, types),
      compiler: { tsconfigFilePath: join(root, 'tsconfig.json') },
      apiReport: { enabled: true, reportFolder: folder, reportTempFolder: join(root, 'dist', 'api'), reportFileName: report },
      newlineKind: 'lf',
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.None },
          'ae-forgotten-export': { logLevel: ExtractorLogLevel.Warning },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  })
}

/** Names in public signatures that the subpath itself does not export, by its report */
const foreign = new Map()

/** Whether the report says what the built types say */
function agrees(surface) {
  foreign.set(surface.report, new Set())
  const { apiReportChanged, errorCount } = Extractor.invoke(configOf(surface), {
    localBuild: update,
    messageCallback: (message) => {
      const [, name] = message.messageId === 'ae-forgotten-export' ? /The symbol "(\w+)"/.exec(message.text) : []
      if (name !== undefined) foreign.get(surface.report).add(name)
      // what it has to say of a report is said once, below
      message.handled = message.logLevel !== ExtractorLogLevel.Error
    },
  })
  return errorCount === 0 && (update || !apiReportChanged)
}

/** The names that a subpath exports, by its report */
function exportsOf({ report }) {
  const text = readFileSync(join(folder, `${report}.api.md`), 'utf8')
  return Array.from(
    text.matchAll(/^export (?:abstract )?(?:class|const|function|interface|type) (\w+)|^export \{ (?:\w+ as )?(\w+) \}/gm),
    ([, name, renamed]) => name ?? renamed,
  )
}

const reports = new Set(surfaces.map(({ report }) => `${report}.api.md`))
const changed = surfaces.filter((surface) => !agrees(surface)).map(({ report }) => `${report}.api.md`)
const unknown = existsSync(folder) ? readdirSync(folder).filter((file) => !reports.has(file)) : []

if (surfaces.length === 0) throw new Error('package.json exports no types, so there is no surface to compare')
if (changed.length > 0 || unknown.length > 0) {
  console.error(`the public surface is not what api/ says: ${[...changed, ...unknown].join(', ')}; npm run api -- --update, and read the diff`)
  process.exit(1)
}
const exported = new Set(surfaces.flatMap(exportsOf))
const forgotten = Array.from(foreign, ([report, names]) =>
  [...names].filter((name) => !exported.has(name)).map((name) => `${name} (${report})`),
).flat()
if (forgotten.length > 0) {
  console.error(`public signatures name types that no subpath exports: ${forgotten.join(', ')}; export them, or mark what names them @internal`)
  process.exit(1)
}
console.log(`${surfaces.length} public surfaces ${update ? 'written to' : 'are as in'} api/`)
