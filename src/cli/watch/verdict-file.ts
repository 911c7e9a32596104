import { appendFileSync, readFileSync } from 'node:fs'
import { FileError } from '../../../streams/files/file.ts'
import { isSystemError } from '../../../streams/reason.ts'
import type { Grader, Judgement } from '../../alerts/grader.ts'
import { type Verdict, verdictFrom } from '../../lines/verdicts.ts'
import { messageOf } from '../../text/message-of.ts'
import { OptionError } from '../../text/option-error.ts'

/** The verdicts of a file with one JSON object per line, without those that were taken back; none of a file that does not exist yet. Throws OptionError and FileError. */
export function readVerdicts(path: string): readonly Verdict[] {
  let verdicts: readonly Verdict[] = []
  for (const [i, line] of textOf(path).split('\n').entries()) {
    if (line.trim() === '') continue
    const takenBack = textTakenBack(line)
    if (takenBack === undefined) verdicts = [...verdicts, parsed(line, `${path}, line ${i + 1}`)]
    else verdicts = verdicts.filter((_, at) => at !== verdicts.findLastIndex(({ text }) => text === takenBack))
  }
  return verdicts
}

/** Gives the grader the verdicts of a file, each as often as the file has it more than a checkpoint */
export function judgeBy(verdicts: readonly Verdict[], grader: Grader): void {
  const known = grader.verdicts.map(keyOf)
  for (const verdict of verdicts) {
    const at = known.indexOf(keyOf(verdict))
    if (at === -1) grader.judge(verdict)
    else known.splice(at, 1)
  }
}

/** Adds a verdict to a file, which is created if need be. Throws FileError. */
export function appendVerdict(path: string, { verdict, text, score }: Judgement): void {
  const before = textOf(path)
  const line = JSON.stringify({ verdict, text, ...(verdict !== 'none' && score !== undefined && { score: Math.round(score) }) })
  try {
    appendFileSync(path, `${before === '' || before.endsWith('\n') ? '' : '\n'}${line}\n`)
  } catch (error) {
    throw isSystemError(error) ? new FileError(path, error, 'write') : error
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return ''
    throw isSystemError(error) ? new FileError(path, error) : error
  }
}

/** The text of a line such as {"verdict":"none","text":"..."} */
function textTakenBack(line: string): string | undefined {
  try {
    const { verdict, text }: Record<string, unknown> = { ...JSON.parse(line) }
    return verdict === 'none' && typeof text === 'string' ? text : undefined
  } catch {
    return undefined
  }
}

function parsed(line: string, place: string): Verdict {
  try {
    return verdictFrom(line)
  } catch (error) {
    throw new OptionError('--verdicts', `--verdicts: ${place}: ${messageOf(error)}`)
  }
}

function keyOf({ verdict, text }: Verdict): string {
  return `${verdict} ${text}`
}
