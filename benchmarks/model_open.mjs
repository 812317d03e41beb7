// The browser's half of model_open.py: double-clicks the MLmodel file and watches for the flavor panel and the verdict.
import { chromium } from '@playwright/test';

const [url, rounds] = [process.argv[2], Number(process.argv[3])];
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
await page.goto(url);
const item = page.locator('.jp-DirListing-item', { hasText: 'MLmodel' });
await item.waitFor();
await page.waitForTimeout(3000);
await page.evaluate(() => {
  const state = (window.cellrunsOpen = { start: 0, panel: 0, verdict: 0 });
  document.addEventListener(
    'dblclick',
    () =>
      Object.assign(state, { start: performance.now(), panel: 0, verdict: 0 }),
    true
  );
  const look = () => {
    const frame = selector =>
      document.querySelector(
        `.jp-Cellruns-model:not(.lm-mod-hidden) ${selector}`
      );
    if (
      state.start &&
      !state.panel &&
      frame('.jp-Cellruns-modelFlavor')?.getBoundingClientRect().height > 0
    ) {
      state.panel = performance.now() - state.start;
    }
    if (
      state.start &&
      !state.verdict &&
      frame('.jp-Cellruns-modelVerdicts li')?.getBoundingClientRect().height > 0
    ) {
      state.verdict = performance.now() - state.start;
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
});
const found = [];
for (let round = 0; round < rounds; round++) {
  await item.dblclick();
  await page.waitForFunction(() => window.cellrunsOpen.verdict > 0, undefined, {
    timeout: 60000
  });
  found.push(await page.evaluate(() => ({ ...window.cellrunsOpen })));
  await page.evaluate(() =>
    window.jupyterapp.commands.execute('application:close')
  );
  await page.locator('.jp-Cellruns-model').waitFor({ state: 'detached' });
  await page.waitForTimeout(700);
}
console.log(JSON.stringify(found));
await browser.close();
