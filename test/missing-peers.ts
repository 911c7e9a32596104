import type { Reporter, TestModule } from 'vitest/node'

export interface Skipped {
  readonly peer: string
  /** Where the test is, as a person would name it */
  readonly file: string
}

/** Names what is missing where everybody looks: after the last line of all other reports */
export class MissingPeers implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const line = closingLine(modules.flatMap((module) => skippedIn(module)))
    if (line !== undefined) process.stdout.write(`${line}\n`)
  }
}

function skippedIn({ children, relativeModuleId }: TestModule): readonly Skipped[] {
  const file = relativeModuleId.replaceAll(/^test\/|\.test\.ts$/g, '')
  return Array.from(children.allTests('skipped'), ({ name }) => peerOf(name)).flatMap((peer) => (peer === undefined ? [] : [{ peer, file }]))
}

/** The name of a test that is skipped because a program is missing */
export function skippedName(fact: string, peer: string): string {
  return `${fact} (needs ${peer})`
}

/** The program in such a name */
export function peerOf(name: string): string | undefined {
  return / \(needs (.+)\)$/.exec(name)?.[1]
}

/** One line that says which programs were missing and what was therefore not tried; nothing when none was */
export function closingLine(skipped: readonly Skipped[]): string | undefined {
  if (skipped.length === 0) return undefined
  const peers = [...new Set(skipped.map(({ peer }) => peer))].toSorted().map((peer) => {
    const files = skipped.filter((test) => test.peer === peer).map(({ file }) => file)
    return `${peer} (${files.length} in ${[...new Set(files)].toSorted().join(', ')})`
  })
  return `Not tried (${skipped.length} tests), as programs are missing: ${peers.join('; ')}. .ci/run installs them.`
}
