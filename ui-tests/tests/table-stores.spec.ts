import { expect, test } from '@playwright/test';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { violations } from '../axe';
import { Lab, picture } from '../lab';
import { makeSample, TrackingServer } from '../sample';

const RUNS = 20;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cellruns-stores-'));
const server = new TrackingServer();
let lab: Lab;

test.beforeAll(async () => {
  test.setTimeout(180_000);
  makeSample(folder, RUNS);
  await server.start(folder);
  lab = await new Lab().start(
    `--CellrunsApp.stores={'team': {'url': '${server.url}', 'label': 'Team server'}}`
  );
});

test.afterAll(async () => {
  await lab.stop();
  server.stop();
  fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

test('the table shows any store, keeps it over a reload, and a comparison finds its runs there again', async ({
  page
}) => {
  test.setTimeout(150_000);
  await page.goto(`${lab.url}/lab?token=${lab.token}&reset`);
  await page.locator('.jp-Launcher').first().waitFor();
  await lab.command(page, 'cellruns:open-runs-table', { mode: 'all' });
  const table = page.locator('.jp-MainAreaWidget .jp-Cellruns');
  await expect(table).toContainText('No runs yet');
  await table.getByRole('button', { name: 'Choose experiments' }).click();
  const chooser = page.getByRole('dialog', { name: 'Choose experiments' });
  await chooser.getByLabel('Store').selectOption({ label: 'Team server' });
  await expect(table.locator('.jp-Cellruns-foot')).toContainText(
    `${RUNS + 1} runs`
  );
  await expect(chooser.getByLabel('transformer')).toBeVisible();
  expect(await violations(page, '.jp-MainAreaWidget .jp-Cellruns')).toEqual([]);
  await picture(page, 'table-stores');
  await chooser.getByLabel('transformer').check();
  await expect(table.locator('.jp-Cellruns-foot')).toHaveText('5 runs');
  await chooser.getByRole('button', { name: 'Done' }).click();

  const rows = table.locator('[data-run]');
  await rows.nth(0).click({ modifiers: ['Control'] });
  await rows.nth(1).click({ modifiers: ['Control'] });
  await table.getByRole('button', { name: 'Compare' }).click();
  const compare = page.locator('.jp-Cellruns-compare:visible');
  const sides = compare.getByRole('table', { name: 'Runs side by side' });
  await expect(sides.getByRole('row', { name: /^lr/ })).toBeVisible();

  const workspaces = path.join(lab.folder, 'workspaces');
  await expect
    .poll(
      () =>
        fs.existsSync(workspaces) &&
        fs.readdirSync(workspaces).some(name => {
          const kept = fs.readFileSync(path.join(workspaces, name), 'utf8');
          return (
            kept.includes('cellruns-compare:') &&
            kept.includes('"store":"team"') &&
            kept.includes('cellruns-table:')
          );
        })
    )
    .toBe(true);
  // Nothing that this page has seen is known to the next one.
  await page.goto(`${lab.url}/lab?token=${lab.token}`);
  await expect(sides.getByRole('row', { name: /^lr/ })).toBeVisible();
  await page.getByRole('tab', { name: 'Runs', exact: true }).first().click();
  await expect(table.locator('.jp-Cellruns-foot')).toHaveText('5 runs');
  // Looking at another store has made none here.
  expect(fs.existsSync(path.join(lab.root, 'mlflow.db'))).toBe(false);
});
