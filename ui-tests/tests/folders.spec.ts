import { expect, test } from '@playwright/test';

import { Lab, picture, ROOT } from '../lab';

let lab: Lab;

test.beforeAll(async () => {
  lab = new Lab();
  await lab.start();
  lab.python(
    `import sys; sys.path.insert(0, ${JSON.stringify(ROOT)})
from pathlib import Path
from tests.mlruns import make_mlruns
make_mlruns(Path("mlruns").resolve())`
  );
});

test.afterAll(() => lab.stop());

test('an mlruns folder is told of, shown, and migrated after asking', async ({
  page
}) => {
  lab.notebook('a.ipynb', '1');
  await lab.open(page, 'a.ipynb');
  const told = page.getByText('mlruns holds runs of an older MLflow');
  await expect(told).toBeVisible({ timeout: 60_000 });
  await page
    .locator('.Toastify__toast')
    .getByRole('button', { name: 'Show' })
    .click();
  const tab = page.locator('#jp-cellruns-folder-mlruns');
  await expect(tab.getByText('first')).toBeVisible({ timeout: 30_000 });
  await expect(tab.getByText('never written to')).toBeVisible();
  await picture(page, 'mlruns');
  await tab.getByText('first').click();
  await expect(tab.getByText('deep/key').first()).toBeVisible();
  await tab.getByRole('button', { name: 'Migrate…' }).click();
  const dialog = page.locator('.jp-Dialog');
  await expect(dialog).toContainText('mlflow migrate-filestore');
  await dialog.getByRole('button', { name: 'Migrate' }).click();
  await expect(
    page.getByText('4 runs of mlruns are in mlflow.db').first()
  ).toBeVisible({ timeout: 90_000 });
  expect(lab.rows('SELECT count(*) FROM runs')).toEqual([[4]]);
  // Nobody is told twice.
  await page.reload();
  await lab.ready(page);
  await expect(told).toHaveCount(0);
});
