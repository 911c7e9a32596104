import { Option } from 'commander'
import { filter, firstValueFrom, map, race, take, timer } from 'rxjs'
import type { Theme } from '../print/heat.ts'
import type { Keyboard } from './keyboard.ts'

export type ThemeChoice = Theme | 'auto'

export function themeChoice(): Option {
  return new Option('--theme <NAME>', 'the background of the terminal; auto asks the terminal, then COLORFGBG')
    .choices(['auto', 'dark', 'light'])
    .default('auto')
}

/** The background (OSC 11), and what every terminal answers (DA1): a terminal answers in order, so nobody waits for one that does not know the first */
const QUESTION = '\x1b]11;?\x1b\\\x1b[c'
const PATIENCE = 300
// oxlint-disable-next-line no-control-regex
const ATTRIBUTES = /^\x1b\[\?[\d;]*c$/

/** What the colours have to stand out from */
export async function themeOf(choice: ThemeChoice, keyboard: Keyboard | undefined, environment: NodeJS.ProcessEnv): Promise<Theme> {
  if (choice !== 'auto') return choice
  return (keyboard && (await askedOf(keyboard))) ?? themeOfVariable(environment) ?? 'dark'
}

async function askedOf(keyboard: Keyboard): Promise<Theme | undefined> {
  const answer$ = keyboard.keys$.pipe(
    filter((answer) => ATTRIBUTES.test(answer) || themeOfAnswer(answer) !== undefined),
    map(themeOfAnswer),
    take(1),
  )
  const answered = firstValueFrom(race(answer$, timer(PATIENCE).pipe(map(() => undefined))), { defaultValue: undefined })
  keyboard.ask(QUESTION)
  return answered
}

/** Each part has one to four hexadecimal digits: `rgb:1e/1e/1e` or `rgb:1e1e/1e1e/1e1e` */
export function themeOfAnswer(answer: string): Theme | undefined {
  // oxlint-disable-next-line no-control-regex
  const [, ...parts] = /^\x1b\]11;rgba?:([\da-f]{1,4})\/([\da-f]{1,4})\/([\da-f]{1,4})/i.exec(answer) ?? []
  if (parts.length === 0) return undefined
  const [red = 0, green = 0, blue = 0] = parts.map((part) => Number.parseInt(part, 16) / (16 ** part.length - 1))
  // how bright it looks, by ITU-R BT.601
  return 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 ? 'light' : 'dark'
}

/** `15;0` or `0;default;15`: the last is the background, among the 16 colours */
export function themeOfVariable({ COLORFGBG = '' }: NodeJS.ProcessEnv): Theme | undefined {
  const [, ground] = /;(\d+)$/.exec(COLORFGBG) ?? []
  if (ground === undefined) return undefined
  return Number(ground) === 7 || Number(ground) > 8 ? 'light' : 'dark'
}
