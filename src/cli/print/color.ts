import { WriteStream } from 'node:tty'
import { Option } from 'commander'
import { PALETTES, type Palette, type Theme } from './heat.ts'

export type ColorChoice = 'auto' | 'always' | 'never'

export function colorChoice(): Option {
  return new Option('--color <WHEN>', 'colour by surprise; auto: on a terminal, unless NO_COLOR is set')
    .choices(['auto', 'always', 'never'])
    .default('auto')
}

/** Whether a terminal can move its cursor and colour, by what it says of itself; on Windows it says nothing */
export function isCapable({ TERM = '' }: NodeJS.ProcessEnv): boolean {
  return process.platform === 'win32' || (TERM !== '' && TERM !== 'dumb')
}

/** Whether to colour: what the command line says, else NO_COLOR, else FORCE_COLOR, else whether people look at it on a terminal that can */
export function useColor(choice: ColorChoice, terminal: boolean, environment: NodeJS.ProcessEnv): boolean {
  if (choice !== 'auto') return choice === 'always'
  const { NO_COLOR = '', FORCE_COLOR = '' } = environment
  if (NO_COLOR !== '') return false
  if (FORCE_COLOR !== '') return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  return terminal && isCapable(environment)
}

/** The colours for a background, as many as the terminal knows by what it says of itself (COLORTERM, TERM) or by FORCE_COLOR */
export function paletteOf(theme: Theme, environment: NodeJS.ProcessEnv): Palette {
  const { FORCE_COLOR = '', ...rest } = environment
  const given = FORCE_COLOR === '' ? rest : environment
  return PALETTES[theme][WriteStream.prototype.getColorDepth(given) >= 24 ? 'truecolor' : '256']
}
