import { configureGlobal } from 'fast-check'

/** How often a property is tried that says nothing else. RXRNN_RUNS=1000 looks for rare faults. */
configureGlobal({ numRuns: Number(process.env['RXRNN_RUNS'] ?? 30) })
