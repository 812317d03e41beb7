import * as path from 'node:path';

import { expect, test } from '@playwright/test';

import { Lab, picture } from '../lab';
import { TrackingServer } from '../sample';

const RUNS = `
import mlflow
with mlflow.start_run(run_name="parent") as run:
    mlflow.log_param("lr", 0.1)
    mlflow.log_text("hello", "notes.txt")
    with mlflow.start_run(run_name="child", nested=True):
        for i in range(500): mlflow.log_metric("loss", 1 / (i + 1), step=i)`;

let lab: Lab;
const server = new TrackingServer();
let url: string;

test.beforeAll(async () => {
  lab = new Lab();
  ({ url } = await server.start(path.join(lab.folder, 'remote')));
  await lab.start(
    `--CellrunsApp.stores={"team": {"url": "${url}", "label": "Team server"}}`
  );
});

test.afterAll(async () => {
  server.stop();
  await lab.stop();
});

test('a run is pushed with its children, and pushed again without doubles', async ({
  page
}) => {
  lab.notebook('push.ipynb', RUNS);
  await lab.open(page, 'push.ipynb');
  await lab.runAll(page);
  await lab.idle(page);
  const ids = "SELECT run_uuid FROM runs WHERE name = 'parent'";
  await expect.poll(() => lab.rows(ids).length).toBe(1);
  const [[id]] = lab.rows(ids) as string[][];
  const push = async () => {
    await lab.command(page, 'cellruns:push-runs', { run_ids: [id] });
    const dialog = page.locator('.jp-Dialog');
    await expect(dialog).toContainText('Push 1 run');
    await dialog.getByRole('combobox').selectOption({ label: 'Team server' });
    await expect(dialog).toContainText(url);
    return dialog;
  };
  const dialog = await push();
  await picture(dialog.locator('.jp-Dialog-content'), 'push');
  await dialog.getByRole('button', { name: 'Push' }).click();
  const done = page
    .locator('.Toastify__toast')
    .filter({ hasText: '2 runs are in Team server' });
  await expect(done).toBeVisible({ timeout: 60_000 });
  await done.getByRole('button', { name: 'Details' }).click();
  const details = page.locator('.jp-Dialog').getByRole('table');
  await expect(details).toContainText('child');
  await expect(details.getByText('pushed')).toHaveCount(2);
  await page.keyboard.press('Escape');
  expect(await remoteRuns()).toEqual(['child', 'parent']);

  await (await push()).getByRole('button', { name: 'Push' }).click();
  await expect(done.first()).toBeVisible({ timeout: 60_000 });
  expect(await remoteRuns()).toEqual(['child', 'parent']);

  // The run says where its copy is.
  await lab.command(page, 'cellruns:open-run', { run_id: id });
  await expect(page.getByText('Copy in team')).toBeVisible();
});

test('runs that are selected in the table are pushed', async ({ page }) => {
  lab.notebook(
    'several.ipynb',
    'import mlflow\nfor name in ("one", "two", "three"):\n    with mlflow.start_run(run_name=name):\n        mlflow.log_metric("loss", 1)'
  );
  await lab.open(page, 'several.ipynb');
  await lab.runAll(page);
  await lab.idle(page);
  await expect
    .poll(() => lab.rows("SELECT 1 FROM runs WHERE name = 'three'").length)
    .toBe(1);
  await lab.command(page, 'cellruns:open-runs-table', { mode: 'all' });
  const table = page.locator('.jp-MainAreaWidget .jp-Cellruns');
  for (const name of ['one', 'three']) {
    const row = table
      .locator('[data-run]')
      .filter({ has: page.getByText(name, { exact: true }) });
    await row.focus();
    await page.keyboard.press('Space');
  }
  const bar = table.getByRole('toolbar', { name: 'Selected runs' });
  await expect(bar).toContainText('2 selected');
  await bar.getByRole('button', { name: 'Actions ▾' }).click();
  await page.getByRole('menuitem', { name: /^Push/ }).click();
  const dialog = page.locator('.jp-Dialog');
  await expect(dialog).toContainText('Push 2 runs');
  await dialog.getByRole('combobox').selectOption({ label: 'Team server' });
  await dialog.getByRole('button', { name: 'Push' }).click();
  await expect(
    page
      .locator('.Toastify__toast')
      .filter({ hasText: '2 runs are in Team server' })
  ).toBeVisible({ timeout: 60_000 });
  const names = await remoteRuns();
  expect(names).toEqual(expect.arrayContaining(['one', 'three']));
  expect(names).not.toContain('two');
});

test('a server that does not answer is said, and nothing is lost', async ({
  page
}) => {
  lab.notebook('away.ipynb', RUNS.replace('"parent"', '"lonely"'));
  await lab.open(page, 'away.ipynb');
  await lab.runAll(page);
  await lab.idle(page);
  const [[id]] = lab.rows(
    "SELECT run_uuid FROM runs WHERE name = 'lonely'"
  ) as string[][];
  server.stop();
  await lab.command(page, 'cellruns:push-runs', { run_ids: [id] });
  const dialog = page.locator('.jp-Dialog');
  await dialog.getByRole('combobox').selectOption({ label: 'Team server' });
  await dialog.getByRole('button', { name: 'Push' }).click();
  const toast = page
    .locator('.Toastify__toast')
    .filter({ hasText: 'Team server' });
  await expect(toast).toContainText('not pushed', { timeout: 90_000 });
  await toast.getByRole('button', { name: 'Details' }).click();
  await expect(page.locator('.jp-Dialog')).toContainText('Push again');
});

async function remoteRuns(): Promise<string[]> {
  const ask = async (route: string, body: object) =>
    (await (
      await fetch(`${url}/api/2.0/mlflow/${route}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body)
      })
    ).json()) as {
      experiments?: { experiment_id: string }[];
      runs?: { info: { run_name: string } }[];
    };
  const found = await ask('experiments/search', { max_results: 100 });
  const answer = await ask('runs/search', {
    experiment_ids: (found.experiments ?? []).map(e => e.experiment_id),
    max_results: 100
  });
  return (answer.runs ?? []).map(run => run.info.run_name).sort();
}
