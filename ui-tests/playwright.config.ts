import { defineConfig } from '@playwright/test';

/** Real JupyterLabs with real kernels: each spec file starts its own on an empty root (see lab.ts). */
export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  timeout: 240_000,
  expect: { timeout: 30_000 },
  workers: 1,
  retries: process.env.CI ? 1 : 0,
  // More than this is one fault that all have: what the others would say is not worth their time.
  maxFailures: 6,
  use: {
    actionTimeout: 90_000,
    viewport: { width: 1360, height: 900 },
    launchOptions: {
      executablePath: process.env.CELLRUNS_CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync'
      ]
    }
  }
});
