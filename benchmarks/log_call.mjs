// The browser's half of log_call.py: opens the notebook, runs it with its chart in sight, prints what its cell printed.
import { chromium } from '@playwright/test';

const browser = await chromium.launch({
  executablePath: process.env.CELLRUNS_CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking'
  ]
});
const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
await page.goto(process.argv[2]);
await page.locator('.jp-Notebook .jp-Cell').first().waitFor();
await page.getByRole('button', { name: /^Cellruns: Ready/ }).waitFor();
await page.evaluate(
  () => void window.jupyterapp.commands.execute('notebook:run-all-cells')
);
await page
  .locator('.jp-Cellruns-canvas svg')
  .first()
  .waitFor({ timeout: 120000 });
const printed = page
  .locator('.jp-OutputArea-output pre', { hasText: '[' })
  .last();
await printed.waitFor({ timeout: 240000 });
console.log((await printed.innerText()).trim().split('\n').pop());
await browser.close();
