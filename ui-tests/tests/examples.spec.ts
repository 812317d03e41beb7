import { expect, test } from '@playwright/test';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { CHART, charts, Lab, picture, plots, type IOutput } from '../lab';

let lab: Lab;

test.beforeAll(async () => {
  lab = await new Lab().start();
  lab.example('training.ipynb');
  lab.example('sweep.ipynb');
});

test.afterAll(() => lab.stop());

const payload = (output: IOutput | undefined) =>
  output?.data?.[CHART] as {
    ended: boolean;
    runs: { status: string; series: { key: string; count: number }[] }[];
  };

test('the training example: live chart, every point stored, picture kept', async ({
  page
}) => {
  await lab.open(page, 'training.ipynb');
  await lab.command(page, 'cellruns:open-runs');
  await lab.runAll(page);
  const chart = charts(page).first();
  await expect(chart).toContainText('two-layers');
  await expect(chart).toContainText('Running');
  // What nobody sees is not drawn.
  await chart.scrollIntoViewIfNeeded();
  await expect(plots(chart).first()).toBeVisible();
  await expect(chart).toContainText(/[3-9],?\d{3} points/);
  await chart.scrollIntoViewIfNeeded();
  await picture(page, 'live');
  await lab.idle(page);
  await expect(chart).toContainText('Finished');

  // What the code logged, counted one by one.
  const rows = lab.rows(
    `SELECT m.key, count(*), count(DISTINCT step), min(step), max(step) FROM metrics m
     JOIN runs r ON r.run_uuid = m.run_uuid WHERE r.name = 'two-layers' GROUP BY m.key ORDER BY m.key`
  );
  expect(rows).toEqual([
    ['accuracy', 400, 400, 0, 7980],
    ['loss', 8000, 8000, 0, 7999],
    ['lr', 8000, 8000, 0, 7999],
    ['steps_per_second', 1, 1, 0, 0],
    ['val_loss', 400, 400, 0, 7980]
  ]);
  const params = lab.rows(
    "SELECT p.key, p.value FROM params p JOIN runs r USING (run_uuid) WHERE r.name = 'two-layers' ORDER BY p.key"
  );
  expect(params).toContainEqual(['steps', '8000']);
  expect(params).toHaveLength(6);

  await lab.save(page);
  const outputs = lab
    .saved('training.ipynb')
    .cells.find(cell => cell.id === 'train')?.outputs;
  const shown = outputs?.filter(output => output.data?.[CHART]) ?? [];
  expect(shown).toHaveLength(1);
  expect(payload(shown[0]).ended).toBe(true);
  expect(Object.keys(shown[0].data ?? {}).sort()).toEqual([
    CHART,
    'image/svg+xml',
    'text/plain'
  ]);
  expect(JSON.stringify(shown[0]).length).toBeLessThan(64 * 1024);
});

test('the panel lists the runs and opens one to its artifacts', async ({
  page
}) => {
  await lab.open(page, 'training.ipynb');
  await lab.command(page, 'cellruns:open-runs');
  const panel = page.locator('.jp-Cellruns-panel');
  await expect(panel.locator('[role="row"]').first()).toContainText(
    'two-layers'
  );
  await panel.locator('[role="row"]', { hasText: 'two-layers' }).click();
  await expect(panel).toContainText('batch_size');
  await expect(panel).toContainText('confusion.png');
  await picture(page, 'panel');
});

test('the sweep example: one chart for twelve runs, nested runs, read by plain MLflow', async ({
  page
}) => {
  await lab.open(page, 'sweep.ipynb');
  await lab.runAll(page);
  await lab.idle(page);
  const sweep = page
    .locator('.jp-CodeCell', { hasText: 'ParameterGrid(' })
    .locator('.jp-Cellruns-inline');
  await expect(sweep).toHaveCount(1);
  await expect(sweep).toContainText('13 runs');
  await sweep.scrollIntoViewIfNeeded();
  await expect(plots(sweep).first()).toBeVisible();
  await picture(page, 'sweep');
  await picture(sweep, 'chart');
  expect(
    lab.rows(
      `SELECT count(DISTINCT m.run_uuid), count(*), max(m.step) FROM metrics m JOIN tags t ON t.run_uuid = m.run_uuid
       WHERE m.key = 'test_log_loss' AND t.key = 'mlflow.parentRunId'`
    )
  ).toEqual([[12, 1440, 119]]);
  expect(
    lab.rows(
      "SELECT status, count(*) FROM runs WHERE lifecycle_stage = 'active' GROUP BY status"
    )
  ).toEqual([['FINISHED', 16]]);

  const read = lab.python(
    'import mlflow; mlflow.set_tracking_uri("sqlite:///mlflow.db"); ' +
      'runs = mlflow.search_runs(search_all_experiments=True); ' +
      'print(len(runs), runs[runs["tags.mlflow.runName"] == "two-layers"]["params.steps"].iloc[0])'
  );
  expect(read.trim().split('\n').pop()).toBe('16 8000');
});

test('a saved notebook shows its chart with neither kernel nor store', async ({
  page
}) => {
  const other = await new Lab().start('--CellrunsApp.enabled=False');
  try {
    fs.copyFileSync(
      path.join(lab.root, 'training.ipynb'),
      path.join(other.root, 'elsewhere.ipynb')
    );
    await page.goto(
      `${other.url}/lab/tree/elsewhere.ipynb?token=${other.token}&reset`
    );
    const chart = charts(page).first();
    await chart.scrollIntoViewIfNeeded();
    await expect(chart).toContainText('two-layers');
    await expect(plots(chart).first()).toBeVisible();
    await picture(page, 'reopened');
    expect(other.rows('SELECT 1')).toEqual([]);
  } finally {
    await other.stop();
  }
});
