import { expect, test, type Page } from '@playwright/test';

import { CHART, charts, Lab, picture, plots } from '../lab';

const LOOP = `
import mlflow, math, time
with mlflow.start_run(run_name="slow") as run:
    for i in range(300):
        mlflow.log_metric("loss", math.exp(-i / 100), step=i)
        mlflow.log_metric("val_loss", math.exp(-i / 100) + 0.1, step=i)
        time.sleep(0.05)
`;

let lab: Lab;

test.beforeAll(async () => {
  lab = await new Lab().start();
});

test.afterAll(() => lab.stop());

async function points(page: Page): Promise<number> {
  const count = charts(page)
    .first()
    .getByText(/^[\d,]+ points$/);
  const text = (await count.count()) ? await count.first().innerText() : '';
  return Number(text.replace(/[^\d]/g, ''));
}

test('after a reload in mid-run the chart is back and goes on', async ({
  page
}) => {
  lab.notebook('reload.ipynb', LOOP);
  await lab.open(page, 'reload.ipynb');
  await lab.runAll(page);
  await expect
    .poll(() => points(page), { timeout: 60_000 })
    .toBeGreaterThan(60);
  // The notebook is not saved: the output exists in this page only.
  await page.reload();
  await page.locator('.jp-Notebook .jp-Cell').first().waitFor();
  await expect(charts(page)).toHaveCount(1);
  await expect(charts(page).first()).toContainText('Running');
  await expect
    .poll(() => points(page), { timeout: 30_000 })
    .toBeGreaterThan(120);
  const before = await points(page);
  await expect.poll(() => points(page)).toBeGreaterThan(before);
  await expect(charts(page).first()).toContainText('Finished', {
    timeout: 60_000
  });
  await expect.poll(() => points(page)).toBe(600);
  expect(
    lab.rows('SELECT key, count(*), max(step) FROM metrics GROUP BY key')
  ).toEqual([
    ['loss', 300, 299],
    ['val_loss', 300, 299]
  ]);
  // The page writes the final state into the output: the kernel's own update had nowhere to go.
  await expect
    .poll(
      async () => {
        await lab.save(page);
        const outputs = lab.saved('reload.ipynb').cells[0].outputs ?? [];
        return outputs.map(output => Object.keys(output.data ?? {}).sort());
      },
      { timeout: 30_000 }
    )
    .toEqual([[CHART, 'image/svg+xml', 'text/plain']]);
});

/** Open and run a notebook with a run without metrics and one with values that are not finite. */
async function odds(page: Page): Promise<void> {
  lab.notebook(
    'odd.ipynb',
    'import mlflow\nwith mlflow.start_run(run_name="bare"):\n    mlflow.log_param("only", "this")',
    `with mlflow.start_run(run_name="odd"):
    for i, v in enumerate([1.0, 0.5, float("nan"), float("inf"), 0.25, 0.2]):
        mlflow.log_metric("loss", v, step=i)`
  );
  await lab.open(page, 'odd.ipynb');
  await lab.runAll(page);
  await lab.idle(page);
}

test('a run without metrics is one line, and NaN is marked', async ({
  page
}) => {
  await odds(page);
  await expect(charts(page)).toHaveCount(2);
  const bare = charts(page).first();
  await expect(bare).toContainText('bare');
  await expect(bare.locator('.jp-Cellruns-canvas')).toHaveCount(0);
  expect((await bare.boundingBox())?.height).toBeLessThan(60);
  const odd = charts(page).nth(1);
  await expect(plots(odd).first()).toBeVisible();
  await expect(odd).toContainText(/NaN|not finite|∞|Infinity/i);
  await picture(page, 'odd');
});

test('Notebook 7 shows the same chart', async ({ page }) => {
  lab.notebook('seven.ipynb', LOOP.replace('range(300)', 'range(60)'));
  await page.goto(`${lab.url}/notebooks/seven.ipynb?token=${lab.token}`);
  await page.locator('.jp-Notebook .jp-Cell').first().waitFor();
  await page.getByRole('button', { name: /Cellruns: Ready/ }).waitFor();
  await page.locator('.jp-Notebook .jp-InputArea-editor').first().click();
  await page.keyboard.press('Shift+Enter');
  await expect(charts(page).first()).toContainText('Finished', {
    timeout: 60_000
  });
  await expect(plots(charts(page).first()).first()).toBeVisible();
  await picture(page, 'notebook7');
});

test('dark theme', async ({ page }) => {
  await odds(page);
  await lab.dark(page);
  await lab.command(page, 'cellruns:open-runs');
  await expect(
    page.locator('.jp-Cellruns-panel [role="row"]').first()
  ).toBeVisible();
  const odd = charts(page).nth(1);
  await odd.scrollIntoViewIfNeeded();
  // Drawn anew in the colours of the theme.
  await expect(plots(odd).first()).toBeVisible();
  await page.waitForTimeout(500);
  await picture(page, 'dark');
});
