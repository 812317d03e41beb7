import { expect, test } from '@playwright/test';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { Lab, picture } from '../lab';
import { makeSample, TrackingServer } from '../sample';

const RUNS = 1300;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cellruns-remote-'));
const server = new TrackingServer();
let lab: Lab;

test.beforeAll(async () => {
  test.setTimeout(180_000);
  makeSample(folder, RUNS);
  await server.start(folder);
  lab = new Lab();
  lab.extraEnv = { MLFLOW_TRACKING_URI: server.url };
  await lab.start();
});

test.afterAll(async () => {
  await lab.stop();
  server.stop();
  fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

test('a remote store: first page at once, a count while the rest comes, then sort, filter, edit', async ({
  page
}) => {
  test.setTimeout(150_000);
  await page.goto(`${lab.url}/lab?token=${lab.token}&reset`);
  await page.locator('.jp-Launcher').first().waitFor();
  await lab.command(page, 'cellruns:open-runs-table', { mode: 'all' });
  const table = page.locator('.jp-MainAreaWidget .jp-Cellruns');
  const foot = table.locator('.jp-Cellruns-foot');
  await expect(table.locator('[data-run]').first()).toBeVisible();
  await expect(foot).toContainText(/\d+ loaded, more are on their way/);
  await picture(page, 'table-remote');
  await expect(foot).toContainText(`${RUNS + 1} runs`, { timeout: 60_000 });
  await expect(foot).not.toContainText('on their way');

  const head = table.getByRole('columnheader').filter({ hasText: /^accuracy/ });
  await head.getByRole('button').click();
  const answer = await fetch(`${server.url}/api/2.0/mlflow/runs/search`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      experiment_ids: ['1', '2', '3', '4'],
      max_results: 1,
      order_by: ['metrics.accuracy DESC']
    })
  });
  const { runs } = (await answer.json()) as {
    runs: { info: { run_id: string } }[];
  };
  const first = table.locator('[data-index="0"]');
  await expect(first).toHaveAttribute('data-run', runs[0].info.run_id);

  await first.click({ modifiers: ['Control'] });
  await lab.command(page, 'cellruns:rename-run', {
    run_ids: [runs[0].info.run_id],
    name: 'the best of all'
  });
  await expect(first).toContainText('the best of all');
  await table
    .getByRole('combobox')
    .fill("attributes.run_name = 'the best of all'");
  await expect(foot).toContainText('1 run');

  // MLflow's own page of that run.
  await page.evaluate(() => {
    window.open = url => {
      document.body.dataset.opened = String(url);
      return null;
    };
  });
  await lab.command(page, 'cellruns:open-in-mlflow', {
    run_ids: [runs[0].info.run_id]
  });
  await expect(page.locator('body')).toHaveAttribute(
    'data-opened',
    new RegExp(`^${server.url}/#/experiments/\\d/runs/${runs[0].info.run_id}$`)
  );
});
