import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/setup/run.ts'],
    // Only for what hangs: a machine may be busy with anything else. What is waited for has its own limits.
    testTimeout: 120_000,
    // More than there are cores on a small machine: most tests here wait for a disk, a socket or another
    // process.
    maxWorkers: 4,
  },
})
