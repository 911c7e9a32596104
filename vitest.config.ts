import { defineConfig } from 'vitest/config'
import { MissingPeers } from './test/missing-peers.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // files share a process, as loading everything anew for each takes longer than most tests: a helper has no hooks, and no state that outlives a file
    isolate: false,
    // by default one core is left idle: of two, that is half
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', new MissingPeers()],
  },
})
