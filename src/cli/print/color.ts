import { WriteStream } from 'node:tty'
import { Option } from 'commander'
import { PALETTE_256, PALETTE_TRUECOLOR, type Palette } from './heat.ts'

export type ColorChoice = 'auto' | 'always' | 'never'

export function colorChoice(): Option {
  return new Option('--color <WHEN>', 'colour by surprise; auto: on a terminal, unless NO_COLOR is set')
    .choices(['auto', 'always', 'never'])
    .default('auto')
}

/** Whether to colour: what the command line says, else NO_COLOR, else FORCE_COLOR, else whether people look at it */
export function useColor(choice: ColorChoice, terminal: boolean, environment: NodeJS.ProcessEnv): boolean {
  if (choice !== 'auto') return choice === 'always'
  const { NO_COLOR = '', FORCE_COLOR } = environment
  if (NO_COLOR !== '') return false
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  return terminal
}

/** The colours that the terminal knows, by what it says of itself (COLORTERM, TERM) or by FORCE_COLOR */
export function paletteOf(environment: NodeJS.ProcessEnv): Palette {
  return WriteStream.prototype.getColorDepth(environment) >= 24 ? PALETTE_TRUECOLOR : PALETTE_256
}
