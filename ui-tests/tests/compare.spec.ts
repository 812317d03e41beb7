import {
  expect as base,
  test,
  type Locator,
  type Page
} from '@playwright/test';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { violations } from '../axe';
import { CHART, Lab, picture, ROOT } from '../lab';

// The first look at artifacts starts MLflow's server, which a busy machine takes its time for.
const expect = base.configure({ timeout: 60_000 });
test.setTimeout(240_000);

let lab: Lab;
let ids: string[];

test.beforeAll(async () => {
  lab = await new Lab().start();
  const code = fs.readFileSync(
    path.join(ROOT, 'ui-tests/compareStore.py'),
    'utf8'
  );
  ids = JSON.parse(lab.python(code).trim().split('\n').pop() ?? '') as string[];
  lab.notebook('n.ipynb', 'x = 1');
});

test.afterAll(() => lab.stop());

const panel = (page: Page): Locator =>
  page.locator('.jp-Cellruns-compare:visible');

async function open(page: Page, view: string, runs = ids): Promise<Locator> {
  await lab.command(page, 'cellruns:compare-runs', { run_ids: runs, view });
  await expect(panel(page).getByRole('tabpanel')).toBeVisible();
  return panel(page);
}

test('the table shows differences only, marks characters, measures by a baseline, and is exported', async ({
  page
}) => {
  await lab.open(page, 'n.ipynb');
  const compare = await open(page, 'table', ids.slice(0, 3));
  const table = compare.getByRole('table', { name: 'Runs side by side' });
  // adam in the first four runs: equal, so hidden.
  await expect(table.getByRole('row', { name: /^lr/ })).toContainText('0.03');
  await expect(table.getByRole('row', { name: /^optimizer/ })).toHaveCount(0);
  await expect(
    table.getByRole('row', { name: /^data/ }).locator('mark')
  ).toHaveText('2');
  // From the record of what the runs were made from.
  await expect(table.getByRole('row', { name: /^numpy/ })).toContainText(
    '2.2.0'
  );
  await expect(table.getByRole('row', { name: /^pandas/ })).toHaveCount(0);
  await compare.getByLabel('Only differences').uncheck();
  await expect(table.getByRole('row', { name: /^optimizer/ })).toContainText(
    'adam'
  );
  await compare.getByRole('button', { name: 'Baseline run-00' }).click();
  await expect(table.getByRole('row', { name: /^loss/ })).toContainText(
    /[+−][\d.]+ %/
  );
  await picture(page, 'compare-table');
  const download = page.waitForEvent('download');
  await compare.getByRole('button', { name: 'CSV' }).click();
  const file = await (await download).path();
  const csv = fs.readFileSync(file, 'utf8');
  expect(csv).toContain('section,key,run-00,run-01,run-02\r\n');
  expect(csv).toContain('params,lr,0.3,0.1,0.03\r\n');
  expect(await violations(page, '.jp-Cellruns-compare')).toEqual([]);
});

test('curves: peak kept, zoom, axes, groups with a band, baseline in percent, pictures', async ({
  page
}) => {
  await lab.open(page, 'n.ipynb');
  const compare = await open(page, 'curves');
  const loss = compare.locator('.jp-Cellruns-card', { hasText: 'loss' });
  await expect(loss.locator('svg .mark-line path').first()).toBeAttached();
  await expect(compare.locator('.jp-Cellruns-compare-board')).toHaveAttribute(
    'aria-busy',
    'false'
  );
  const lines = (card: Locator): Promise<number> =>
    card
      .locator('svg .mark-line path')
      .evaluateAll(
        paths =>
          paths.filter(p => (p.getAttribute('d') ?? '').length > 20).length
      );
  await expect.poll(() => lines(loss)).toBe(12);
  // The spike of run-03 at step 137 is the top of the axis.
  await expect(
    loss.locator('.role-axis-label text', { hasText: '4' })
  ).toHaveCount(1);
  await picture(page, 'compare-curves');

  // Zoom by dragging, back by the button.
  const plot = loss.locator('.jp-Cellruns-plot');
  const box = await plot.boundingBox();
  if (!box) {
    throw new Error('no plot');
  }
  await page.mouse.move(box.x + 80, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + 150, box.y + 60, { steps: 4 });
  await page.mouse.up();
  await expect(loss.getByRole('button', { name: 'Reset zoom' })).toBeVisible();
  await expect(loss.locator('.jp-Cellruns-card-note')).toContainText(
    'points of this part'
  );
  // And by keys.
  await plot.focus();
  await page.keyboard.press('0');
  await expect(loss.getByRole('button', { name: 'Reset zoom' })).toBeHidden();
  await page.keyboard.press('End');
  await page.keyboard.press('+');
  await expect(loss.getByRole('button', { name: 'Reset zoom' })).toBeVisible();
  await loss.getByRole('button', { name: 'Reset zoom' }).click();

  await compare
    .getByLabel('Horizontal axis', { exact: true })
    .selectOption('relative');
  await expect(loss.locator('.jp-Cellruns-card-axis')).toHaveText(
    'time since start'
  );
  await compare
    .getByLabel('Horizontal axis', { exact: true })
    .selectOption('wall');
  await expect(loss.locator('.jp-Cellruns-card-axis')).toHaveText('time');
  await compare
    .getByLabel('Horizontal axis', { exact: true })
    .selectOption('metric:epoch');
  await expect(loss.locator('.jp-Cellruns-card-axis')).toHaveText('epoch');
  await expect(
    loss.locator('.role-axis-label text', { hasText: '20' })
  ).toHaveCount(1);
  await compare
    .getByLabel('Horizontal axis', { exact: true })
    .selectOption('step');
  await compare.getByLabel('Log y').check();
  await compare.getByLabel('Log x').check();
  await expect(
    loss.locator('.role-axis-label text', { hasText: '100' })
  ).toHaveCount(1);
  await compare.getByLabel('Log x').uncheck();

  // Smoothing keeps the raw lines behind.
  await compare.getByLabel('Smoothing').fill('0.9');
  await expect.poll(() => lines(loss)).toBe(24);
  await compare.getByLabel('Smoothing').fill('0');

  await compare
    .getByLabel('Mean of groups', { exact: true })
    .selectOption('param:optimizer');
  await expect(compare.getByRole('list', { name: 'Groups' })).toContainText(
    'optimizer = adam (8)'
  );
  await expect
    .poll(() =>
      loss
        .locator('svg .mark-area path')
        .evaluateAll(
          paths =>
            paths.filter(p => (p.getAttribute('d') ?? '').length > 20).length
        )
    )
    .toBe(2);
  await picture(page, 'compare-groups');
  await compare.getByLabel('Mean of groups', { exact: true }).selectOption('');

  await compare
    .getByLabel('Baseline', { exact: true })
    .selectOption({ label: 'run-00' });
  await compare.getByLabel('Difference in %').check();
  await expect.poll(() => lines(loss)).toBe(11);
  await expect(compare).toContainText('Difference to run-00 in percent');
  const svg = page.waitForEvent('download');
  await compare.getByRole('button', { name: 'SVG' }).click();
  const text = fs.readFileSync(await (await svg).path(), 'utf8');
  expect(text).toContain('run-11');
  expect(text.match(/<svg /g)?.length).toBeGreaterThan(2);
  const png = page.waitForEvent('download');
  await compare.getByRole('button', { name: 'PNG' }).click();
  const bytes = fs.readFileSync(await (await png).path());
  expect(bytes.subarray(1, 4).toString()).toBe('PNG');
  expect(bytes.length).toBeGreaterThan(10_000);
  expect(await violations(page, '.jp-Cellruns-compare')).toEqual([]);
});

test('parallel coordinates: brushing and ranges choose runs; scatter, box and contour show them', async ({
  page
}) => {
  await lab.open(page, 'n.ipynb');
  const compare = await open(page, 'parallel');
  const chart = compare.locator('.jp-Cellruns-compare-spec');
  await expect(chart.locator('.mark-line path')).toHaveCount(12);
  const box = await chart.boundingBox();
  if (!box) {
    throw new Error('no chart');
  }
  // The upper half of the first axis, lr: the runs with 0.3.
  await page.mouse.move(box.x + 48, box.y + 36);
  await page.mouse.down();
  await page.mouse.move(box.x + 48, box.y + 180, { steps: 5 });
  await page.mouse.up();
  await expect(compare).toContainText('3 of 12 runs chosen');
  await picture(page, 'compare-parallel');
  // By keyboard: another range of the same.
  await compare.getByText('Ranges').click();
  await compare.getByLabel('lr from').fill('0.05');
  await compare.getByLabel('lr from').press('Enter');
  await expect(compare).toContainText('6 of 12 runs chosen');
  await compare
    .locator('.jp-Cellruns-compare-ranges label', { hasText: 'optimizer' })
    .locator('select')
    .selectOption('sgd');
  await expect(compare).toContainText('2 of 12 runs chosen');
  await compare.getByText('Data table').click();
  await expect(
    compare.getByRole('table', { name: /parallel/ }).getByRole('row')
  ).toHaveCount(13);
  expect(await violations(page, '.jp-Cellruns-compare')).toEqual([]);

  const tab = (name: string): Locator => compare.getByRole('tab', { name });
  await tab('Scatter').click();
  await expect(chart.locator('.mark-symbol path')).toHaveCount(12);
  await expect(compare).toContainText('2 of 12 runs chosen');
  await compare.getByRole('button', { name: 'Clear' }).click();
  await expect(compare).not.toContainText('runs chosen');
  const plane = await chart.boundingBox();
  if (!plane) {
    throw new Error('no chart');
  }
  await page.waitForTimeout(500);
  await page.mouse.move(plane.x + 60, plane.y + 20);
  await page.mouse.down();
  await page.mouse.move(
    plane.x + plane.width / 2,
    plane.y + plane.height - 60,
    { steps: 5 }
  );
  await page.mouse.up();
  await expect(compare).toContainText(/\d+ of 12 runs chosen/);
  await picture(page, 'compare-scatter');
  await compare.getByRole('button', { name: 'Clear' }).click();

  await page.keyboard.press('Escape');
  await tab('Scatter').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect(tab('Box')).toHaveAttribute('aria-selected', 'true');
  await expect(chart.locator('.mark-symbol path').first()).toBeAttached();
  await compare
    .getByLabel('Groups', { exact: true })
    .selectOption('param:optimizer');
  await compare.getByText('Data table').click();
  await expect(
    compare.getByRole('table', { name: /box/ }).getByRole('row')
  ).toHaveCount(3);
  await tab('Contour').click();
  await compare
    .getByLabel('Horizontal', { exact: true })
    .selectOption('param:lr');
  await compare
    .getByLabel('Vertical', { exact: true })
    .selectOption('param:depth');
  await compare
    .getByLabel('Height', { exact: true })
    .selectOption('metric:loss');
  await expect(chart.locator('.mark-path path').first()).toBeAttached();
  await expect(
    chart.locator('.mark-symbol path[stroke="#000000"]')
  ).toHaveCount(12);
  await picture(page, 'compare-contour');
  expect(await violations(page, '.jp-Cellruns-compare')).toEqual([]);
});

test('importance by scikit-learn says what it cannot say; too few runs are refused with the reason', async ({
  page
}) => {
  await lab.open(page, 'n.ipynb');
  let compare = await open(page, 'importance');
  await compare.getByLabel('Metric', { exact: true }).selectOption('loss');
  await expect(compare).toContainText(
    'Permutation importance by scikit-learn',
    { timeout: 60_000 }
  );
  await expect(compare).toContainText('What it cannot say');
  await expect(compare).toContainText('epochs (has one value only)');
  await expect(compare.locator('.mark-rect path').first()).toBeAttached();
  await picture(page, 'compare-importance');
  expect(await violations(page, '.jp-Cellruns-compare')).toEqual([]);
  compare = await open(page, 'importance', ids.slice(0, 3));
  await expect(compare.getByRole('alert')).toContainText('fewer than 8', {
    timeout: 60_000
  });
});

test('code cell by cell, and artifacts side by side with a step slider', async ({
  page
}) => {
  await lab.open(page, 'n.ipynb');
  const compare = await open(page, 'code', ids.slice(0, 3));
  await expect(compare.locator('[data-kind="removed"]')).toContainText(
    'lr = 0.1'
  );
  await expect(compare.locator('[data-kind="added"]')).toContainText(
    'lr = 0.03'
  );
  await expect(compare.getByRole('table', { name: /Packages/ })).toContainText(
    '2.2.0'
  );
  await compare
    .getByLabel('From', { exact: true })
    .selectOption({ label: 'run-00' });
  await expect(compare.locator('[data-kind="removed"]')).toContainText(
    'lr = 0.3'
  );
  await picture(page, 'compare-code');
  expect(await violations(page, '.jp-Cellruns-compare')).toEqual([]);

  await compare.getByRole('tab', { name: 'Artifacts' }).click();
  await expect(compare.locator('figure img')).toHaveCount(3);
  await expect(compare.locator('figure').first()).toContainText('step 20');
  await compare.getByRole('slider', { name: /Step/ }).focus();
  await page.keyboard.press('ArrowLeft');
  await expect(compare.locator('figure').first()).toContainText('step 10');
  await expect(compare.locator('figure img').first()).toHaveJSProperty(
    'complete',
    true
  );
  await compare
    .getByLabel('Artifact', { exact: true })
    .selectOption('words.json');
  await expect(
    compare.getByRole('region', { name: 'words.json of run-02' })
  ).toContainText('0.2');
  expect(await violations(page, '.jp-Cellruns-compare')).toEqual([]);
});

test('into the notebook: chart and table as outputs, and code that gives the same runs', async ({
  page
}) => {
  lab.notebook('into.ipynb', 'x = 1');
  await lab.open(page, 'into.ipynb');
  const compare = await open(page, 'scatter', ids.slice(0, 5));
  await expect(compare.locator('.mark-symbol path')).toHaveCount(5);
  await compare.getByRole('button', { name: 'Insert chart and table' }).click();
  const cell = page.locator('.jp-Notebook .jp-CodeCell').nth(1);
  await expect(cell.locator('.jp-OutputArea-output')).toHaveCount(2);
  await expect(cell.locator('.vega-embed, canvas, svg').first()).toBeVisible();
  await expect(cell.locator('table')).toContainText('run-04');
  await lab.save(page);
  const outputs = lab.saved('into.ipynb').cells[1].outputs ?? [];
  expect(Object.keys(outputs[0].data ?? {}).sort()).toEqual([
    'application/vnd.vegalite.v5+json',
    'image/png',
    'text/plain'
  ]);
  expect(Object.keys(outputs[1].data ?? {}).sort()).toEqual([
    'text/html',
    'text/plain'
  ]);

  // The code is run by a real kernel.
  await page
    .locator('.jp-Notebook .jp-CodeCell')
    .nth(1)
    .locator('.jp-InputArea')
    .click();
  await lab.command(page, 'notebook:run-cell');
  await expect(cell.locator('.jp-OutputArea-output table')).toContainText(
    'params.lr',
    { timeout: 90_000 }
  );
  for (const id of ids.slice(0, 5)) {
    await expect(cell.locator('.jp-OutputArea-output table')).toContainText(id);
  }

  await lab.command(page, 'cellruns:compare-runs', {
    run_ids: ids.slice(0, 2),
    view: 'curves'
  });
  await expect(panel(page).locator('.jp-Cellruns-card').first()).toBeVisible();
  await panel(page)
    .getByRole('button', { name: 'Insert chart and table' })
    .click();
  await expect(page.locator('.jp-Notebook .jp-Cellruns-inline')).toHaveCount(1);
  await lab.save(page);
  const saved = lab.saved('into.ipynb').cells[2].outputs ?? [];
  expect(Object.keys(saved[0].data ?? {}).sort()).toEqual([
    CHART,
    'image/svg+xml',
    'text/plain'
  ]);
});

test('a comparison comes back after a reload, and as a file', async ({
  page
}) => {
  await page.goto(`${lab.url}/lab/tree/n.ipynb?token=${lab.token}&reset`);
  await lab.ready(page);
  const compare = await open(page, 'box', ids.slice(0, 4));
  await compare.getByRole('button', { name: 'Leave run-03 out' }).click();
  await expect(page.getByRole('tab', { name: 'Compare 3 runs' })).toBeVisible();
  const kept = (): string =>
    fs
      .readdirSync(path.join(lab.folder, 'workspaces'))
      .map(file =>
        fs.readFileSync(path.join(lab.folder, 'workspaces', file), 'utf8')
      )
      .join();
  // Saved with three runs, and in the layout.
  await expect
    .poll(() => kept().split('cellruns-compare:jp-Cellruns').length, {
      timeout: 60_000
    })
    .toBeGreaterThan(2);
  await expect.poll(() => kept().includes(ids[3])).toBe(false);
  await page.reload();
  await expect(page.getByRole('tab', { name: 'Compare 3 runs' })).toBeVisible({
    timeout: 60_000
  });
  await page.getByRole('tab', { name: 'Compare 3 runs' }).click();
  await expect(panel(page).getByRole('tab', { name: 'Box' })).toHaveAttribute(
    'aria-selected',
    'true'
  );

  await panel(page).getByRole('button', { name: 'Save as file' }).click();
  await page
    .getByRole('dialog')
    .getByRole('textbox')
    .fill('kept.cellruns-compare.json');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await expect(
    page.getByRole('tab', { name: 'kept.cellruns-compare.json' })
  ).toBeVisible();
  const file = path.join(lab.root, 'kept.cellruns-compare.json');
  const read = () =>
    JSON.parse(fs.readFileSync(file, 'utf8')) as {
      view: string;
      runs: string[];
    };
  expect(read().runs).toEqual(ids.slice(0, 3));
  await panel(page).getByRole('tab', { name: 'Curves' }).click();
  await lab.command(page, 'docmanager:save');
  await expect.poll(() => read().view).toBe('curves');
});

test('dark and narrow: every view still fits and is legible', async ({
  page
}) => {
  await lab.open(page, 'n.ipynb');
  await lab.dark(page);
  await page.setViewportSize({ width: 760, height: 900 });
  const compare = await open(page, 'table');
  await picture(page, 'compare-dark-narrow');
  for (const view of [
    'Curves',
    'Scatter',
    'Parallel',
    'Box',
    'Contour',
    'Code'
  ]) {
    await compare.getByRole('tab', { name: view }).click();
    await page.waitForTimeout(600);
    expect(
      await compare.evaluate(node => node.scrollWidth <= node.clientWidth + 1),
      `${view} is wider than the panel`
    ).toBe(true);
    expect(await violations(page, '.jp-Cellruns-compare'), view).toEqual([]);
  }
  await compare.getByRole('tab', { name: 'Curves' }).click();
  await page.waitForTimeout(800);
  await picture(page, 'compare-dark-curves');
  await lab.command(page, 'apputils:change-theme', {
    theme: 'JupyterLab Light'
  });
  await page.waitForTimeout(500);
});

test('right after a run ends, its output says what changed and what it did', async ({
  page
}) => {
  const cell = (lr: number): string =>
    `import mlflow\nwith mlflow.start_run(run_name="lr ${lr}"):\n    mlflow.log_param("lr", ${lr})\n    mlflow.log_metric("loss", ${lr} * 2)\n    mlflow.log_metric("loss", ${lr} * 2 - 0.1, step=1)`;
  lab.notebook('against.ipynb', cell(0.5), 'shown = "below"');
  await lab.open(page, 'against.ipynb');
  await lab.runAll(page);
  await lab.idle(page);
  await expect(page.locator('.jp-Cellruns-inline')).toContainText('Finished');
  // Galata's helpers want its own page fixture.
  // eslint-disable-next-line jupyter/galata-prefer-notebook-cell-helper
  await page.locator('.jp-CodeCell .cm-content').first().fill(cell(0.25));
  await lab.command(page, 'notebook:run-all-cells');
  const line = page.locator('.jp-Cellruns-inline-against');
  await expect(line).toContainText('Against lr 0.5:');
  await expect(line).toContainText('lr 0.5 → 0.25');
  await expect(line).toContainText(/code \+\d+ −\d+ lines/);
  await expect(line).toContainText('loss 0.9 → 0.4 (−55.6 %)');
  await picture(page.locator('.jp-Cellruns-inline'), 'against');
  expect(await violations(page, '.jp-Cellruns-inline')).toEqual([]);
  // The cell below has run in between: it is no change.
  await lab.command(page, 'notebook:run-all-cells');
  await expect(line).toContainText(/Against lr 0.25: ?same params and code/);
  await lab.idle(page);
  // Still there, in a page that has seen nothing of the run.
  await lab.command(page, 'docmanager:save');
  await page.reload();
  await lab.open(page, 'against.ipynb');
  await expect(line).toContainText(/Against lr 0.25: ?same params and code/);
  await expect(line).toContainText('loss 0.4 → 0.4');
  await line.getByRole('button', { name: 'Compare' }).click();
  await expect(
    panel(page).getByRole('table', { name: /side by side/ })
  ).toContainText('0.25');
});

test('two runs of one cell: their datasets and what was not committed, side by side', async ({
  page
}) => {
  const git = (...words: string[]) =>
    execFileSync(
      'git',
      ['-c', 'user.name=a', '-c', 'user.email=a@b', ...words],
      {
        cwd: lab.root
      }
    );
  const helper = (scale: number): void =>
    fs.writeFileSync(path.join(lab.root, 'helper.py'), `scale = ${scale}\n`);
  const cell = (rows: number): string =>
    `import mlflow, numpy\nwith mlflow.start_run(run_name="of ${rows} rows"):\n    mlflow.log_input(mlflow.data.from_numpy(numpy.arange(${rows}), name="heights"), context="training")\n    mlflow.log_metric("loss", ${rows})`;
  helper(1);
  git('init', '-q');
  git('add', 'helper.py');
  git('commit', '-qm', 'one');
  helper(2);
  lab.notebook('sets.ipynb', cell(4));
  await lab.open(page, 'sets.ipynb');
  await lab.runAll(page);
  const recorded = async (count: number): Promise<string[]> => {
    const sql =
      "SELECT r.run_uuid FROM runs r JOIN tags t USING (run_uuid) WHERE t.key = 'cellruns.provenance' AND r.name LIKE 'of % rows' ORDER BY r.start_time";
    await expect.poll(() => lab.rows(sql).length).toBe(count);
    return lab.rows(sql).map(([id]) => id as string);
  };
  await recorded(1);
  await lab.idle(page);
  helper(3);
  // What git has said counts for a second.
  await page.waitForTimeout(3000);
  // eslint-disable-next-line jupyter/galata-prefer-notebook-cell-helper
  await page.locator('.jp-CodeCell .cm-content').first().fill(cell(5));
  await lab.command(page, 'notebook:run-all-cells');
  const runs = await recorded(2);

  const compare = await open(page, 'table', runs);
  const table = compare.getByRole('table', { name: 'Runs side by side' });
  const dataset = table.getByRole('row', { name: /^heights \(training\)/ });
  await expect(dataset).toContainText(/[0-9a-f]{8} · code/);
  await expect(dataset.locator('mark').first()).toBeVisible();
  await compare.getByRole('tab', { name: 'Code' }).click();
  await expect(
    compare.getByRole('heading', { name: /git patch/ })
  ).toBeVisible();
  await expect(compare.locator('[data-kind="removed"]').last()).toContainText(
    '+scale = 2'
  );
  await expect(compare.locator('[data-kind="added"]').last()).toContainText(
    '+scale = 3'
  );
});
