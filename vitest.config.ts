import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/setup/run.ts'],
    testTimeout: 30_000,
    // More than there are cores on a small machine: most tests here wait for a disk, a socket or another
    // process.
    maxWorkers: 4,
  },
})
