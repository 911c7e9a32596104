const { learnGolden } = require('./golden.mjs')

console.log(JSON.stringify(learnGolden(require('rxrnn'))))
