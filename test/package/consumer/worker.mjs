import { learnGolden } from './golden.mjs'

postMessage(learnGolden())
