import type { Cell } from './cell.ts'
import { gru } from './gru.ts'
import { lstm } from './lstm.ts'
import { mi } from './mi.ts'
import type { CellName } from './options.ts'
import { vanilla } from './vanilla.ts'

export const CELLS: Readonly<Record<CellName, Cell>> = { rnn: vanilla, gru, lstm, mi }
