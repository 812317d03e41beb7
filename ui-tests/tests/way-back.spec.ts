// Plain JupyterLabs, driven without Galata’s page object.
/* eslint jupyter/galata-prefer-notebook-cell-helper: off */
import { expect, test, type Page } from '@playwright/test';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { Lab, picture } from '../lab';

const LOG = (name: string, more = '') => `import mlflow, time
with mlflow.start_run(run_name="${name}"):
    mlflow.log_metric("loss", 0.5)${more}`;

let lab: Lab;

test.beforeAll(async () => {
  lab = await new Lab().start();
});

test.afterAll(() => lab.stop());

test.describe.configure({ timeout: 150_000 });

const panel = (page: Page) => page.locator('#jp-Cellruns-runs');

test('a mark counts the runs of a cell and lists them; a run opens its cell, also moved, or its stored source', async ({
  page
}) => {
  lab.notebook('back.ipynb', '# nothing', LOG('one'), LOG('two'));
  await lab.open(page, 'back.ipynb');
  await lab.runAll(page);
  await lab.idle(page);
  const marks = page.locator('.jp-Cellruns-mark');
  await expect(marks).toHaveCount(2);
  await page.locator('.jp-Cell', { hasText: '"two"' }).click();
  await lab.command(page, 'notebook:run-cell');
  const second = page
    .locator('.jp-CodeCell', { hasText: '"two"' })
    .locator('.jp-Cellruns-mark');
  await expect(second).toHaveText('2 runs');
  await picture(page, 'cell-marks');
  await second.click();
  await expect(panel(page).locator('[data-run]')).toHaveCount(2);
  await expect(panel(page)).toContainText('One cell');
  await panel(page)
    .getByRole('button', { name: 'Show the runs of all cells' })
    .click();
  await expect(panel(page).locator('[data-run]')).toHaveCount(3);

  // The record of what was executed is there before the cells are changed.
  await expect
    .poll(
      () =>
        lab.rows(
          "SELECT count(*) FROM tags WHERE key = 'cellruns.provenance'"
        )[0]?.[0],
      { timeout: 60_000 }
    )
    .toBe(3);

  // Moved: the first cell that logged goes to the top.
  await page.locator('.jp-Cell', { hasText: '"one"' }).click();
  await lab.command(page, 'notebook:move-cell-up');
  await page.locator('.jp-Cell', { hasText: '# nothing' }).click();
  await panel(page).locator('[data-run]', { hasText: 'one' }).click();
  await panel(page)
    .getByRole('button', { name: /Go to cell/ })
    .click();
  const active = page.locator('.jp-Cell.jp-mod-active');
  await expect(active).toContainText('"one"');
  await expect(page.locator('.jp-Notebook .jp-Cell').first()).toHaveClass(
    /jp-mod-active/
  );

  // Gone: its source as it was executed.
  await lab.command(page, 'notebook:delete-cell');
  await expect(page.locator('.jp-Notebook')).not.toContainText('"one"');
  await panel(page)
    .getByRole('button', { name: /Go to cell/ })
    .click();
  const dialog = page.locator('.jp-Dialog');
  await expect(dialog).toContainText('is no longer in back.ipynb');
  await expect(dialog.locator('pre')).toContainText('run_name="one"');
  await picture(page, 'cell-gone');
  await dialog.getByRole('button', { name: 'Close' }).click();
});

test('a live run updates in place and what is looked at does not jump', async ({
  page
}) => {
  lab.notebook(
    'jump.ipynb',
    `import mlflow
for i in range(60):
    with mlflow.start_run(run_name=f"old {i}"):
        mlflow.log_metric("loss", i)`,
    `import time
with mlflow.start_run(run_name="live"):
    for i in range(2000):
        mlflow.log_metric("loss", 1000 + i, step=i)
        time.sleep(0.01)
        if Path("stop").exists():
            break`.replace(
      'import time',
      'import time\nfrom pathlib import Path'
    )
  );
  await lab.open(page, 'jump.ipynb');
  await lab.command(page, 'cellruns:open-runs');
  await page.getByRole('button', { name: /^Cellruns: Ready/ }).waitFor();
  await page.locator('.jp-Cell').first().click();
  await lab.command(page, 'notebook:run-cell-and-select-next');
  await expect(panel(page).locator('.jp-Cellruns-foot')).toContainText(
    '60 runs',
    {
      timeout: 60_000
    }
  );
  const view = panel(page).getByRole('treegrid');
  await view.evaluate(node => node.scrollTo({ top: 1000 }));
  const row = panel(page).locator('[data-run]', { hasText: 'old 35' });
  await expect(row).toBeVisible();
  const before = (await row.boundingBox())?.y ?? 0;
  await lab.command(page, 'notebook:run-cell');
  await expect(panel(page).locator('.jp-Cellruns-foot')).toContainText(
    '61 runs',
    {
      timeout: 60_000
    }
  );
  await expect
    .poll(async () => Math.round(((await row.boundingBox())?.y ?? 0) - before))
    .toBe(0);
  await view.evaluate(node => node.scrollTo({ top: 0 }));
  const live = panel(page).locator('[data-run]', { hasText: 'live' });
  const value = async () =>
    Number(await live.locator('.jp-Cellruns-chipValue').first().innerText());
  const first = await value();
  await expect.poll(value).toBeGreaterThan(first);
  fs.writeFileSync(path.join(lab.root, 'stop'), '');
  await expect(live.locator('[data-status="FINISHED"]')).toBeVisible({
    timeout: 30_000
  });
});
