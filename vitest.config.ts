import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/setup/run.ts'],
    testTimeout: 30_000,
    // Vitest leaves a core to itself, and of two cores that is half: most tests here wait for a disk, a
    // socket or another process anyway.
    maxWorkers: '100%',
  },
})
