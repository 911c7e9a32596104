import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The labelled streams of a folder: NAME.text, and NAME.labels with one label per line: `-` for a line that nobody needs to see, TAG for one that people want
 * to see, TAG~ for context. groups.json may name the group of each stream. A label is 1, 0, or -1 for context.
 */
export function* labelled(folder) {
  const groups = existsSync(join(folder, 'groups.json')) ? JSON.parse(readFileSync(join(folder, 'groups.json'), 'utf8')) : {}
  for (const file of readdirSync(folder).toSorted()) {
    if (!file.endsWith('.text')) continue
    const name = file.slice(0, -5)
    const labels = readFileSync(join(folder, `${name}.labels`), 'utf8')
      .trimEnd()
      .split('\n')
    const text = readFileSync(join(folder, file), 'utf8')
    yield { name, group: groups[name] ?? name, text, labels: labels.map((label) => (label === '-' ? 0 : label.endsWith('~') ? -1 : 1)) }
  }
}
