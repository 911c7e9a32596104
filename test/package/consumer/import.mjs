import { learnGolden } from './golden.mjs'

console.log(JSON.stringify(learnGolden()))
