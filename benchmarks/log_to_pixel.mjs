// The browser's half of log_to_pixel.py: opens the notebook, runs it, and watches the chart while it is live.
import { chromium } from '@playwright/test';

const [url, seconds] = [process.argv[2], Number(process.argv[3])];
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
await page.locator('.jp-Notebook .jp-Cell').first().waitFor();
await page.getByRole('button', { name: /^Cellruns: Ready/ }).waitFor();
await page.evaluate(
  () => void window.jupyterapp.commands.execute('notebook:run-all-cells')
);
await page
  .locator('.jp-Cellruns-canvas svg')
  .first()
  .waitFor({ timeout: 60000 });
// The first draw loads the chart's own chunk; what is measured is the chart while it is live.
await page.waitForTimeout(3000);
const found = await page.evaluate(
  span =>
    new Promise(resolve => {
      const tasks = [];
      new PerformanceObserver(list =>
        tasks.push(...list.getEntries().map(e => e.duration))
      ).observe({ type: 'longtask' });
      const latencies = [];
      let last = null;
      const end = performance.now() + span * 1000;
      const read = () => {
        // The metric `stamp` is the kernel's clock in ms, modulo 100 000; the chart shows its last value.
        for (const node of document.querySelectorAll('.jp-Cellruns-inline *')) {
          if (
            node.childElementCount === 0 &&
            /^\d{1,3}(,?\d{3})*$|^\d{4,5}$/.test(node.textContent ?? '')
          ) {
            const value = Number(node.textContent.replace(/,/g, ''));
            if (value !== last && value > 999) {
              last = value;
              // This callback runs before the paint of its frame; the next frame begins after it.
              requestAnimationFrame(() =>
                latencies.push(
                  (((Date.now() - value) % 100000) + 100000) % 100000
                )
              );
            }
            break;
          }
        }
        if (performance.now() < end) {
          requestAnimationFrame(read);
        } else {
          resolve({ latencies, tasks });
        }
      };
      requestAnimationFrame(read);
    }),
  seconds
);
console.log(JSON.stringify(found));
await browser.close();
