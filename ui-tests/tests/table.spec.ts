import { expect, test, type Locator, type Page } from '@playwright/test';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { violations } from '../axe';
import { Lab, picture } from '../lab';
import { makeSample } from '../sample';

const RUNS = 240;
let lab: Lab;

test.beforeAll(async () => {
  lab = new Lab();
  fs.mkdirSync(lab.root, { recursive: true });
  makeSample(lab.root, RUNS);
  await lab.start();
});

test.afterAll(() => lab.stop());

test.describe.configure({ timeout: 180_000 });

const tab = (page: Page) => page.locator('.jp-MainAreaWidget .jp-Cellruns');
const rows = (where: Locator) => where.locator('[data-run]');
const heads = (where: Locator) => where.getByRole('columnheader');
const filter = (where: Locator) => where.getByRole('combobox');
const menuItem = (page: Page, name: string) =>
  page.locator('.lm-Menu-item').filter({ hasText: name }).first();
const count = (where: Locator) => where.locator('.jp-Cellruns-foot');

async function openTable(page: Page, args: object = {}): Promise<Locator> {
  await page.goto(`${lab.url}/lab?token=${lab.token}&reset`);
  await page.locator('.jp-Launcher').first().waitFor();
  await lab.command(page, 'cellruns:open-runs-table', { mode: 'all', ...args });
  const table = tab(page);
  await expect(rows(table).first()).toBeVisible();
  return table;
}

/** Wait until JupyterLab has stored something in its workspace. */
async function saved(text: string | RegExp): Promise<void> {
  const folder = path.join(lab.folder, 'workspaces');
  await expect
    .poll(
      () =>
        fs.existsSync(folder) &&
        fs
          .readdirSync(folder)
          .some(name =>
            new RegExp(text).test(
              fs.readFileSync(path.join(folder, name), 'utf8')
            )
          )
    )
    .toBe(true);
}

/** Ids of the first runs as they stand. */
async function ids(where: Locator, most = 8): Promise<string[]> {
  const found = await rows(where).evaluateAll(nodes =>
    nodes
      .map(node => ({
        run: node.getAttribute('data-run') ?? '',
        index: Number(node.getAttribute('data-index'))
      }))
      .sort((a, b) => a.index - b.index)
      .map(one => one.run)
  );
  return found.slice(0, most);
}

/** Ids by their accuracy, read from the database. */
function byAccuracy(direction: 'ASC' | 'DESC'): unknown[] {
  return lab
    .rows(
      `SELECT run_uuid FROM latest_metrics WHERE key = 'accuracy' ORDER BY value ${direction} LIMIT 8`
    )
    .flat();
}

test('the tab sorts, by mouse and keys, and is there again after a reload', async ({
  page
}) => {
  const table = await openTable(page);
  await expect(count(table)).toContainText(`${RUNS + 1} runs`);
  const head = heads(table).filter({ hasText: /^accuracy/ });
  await head.getByRole('button').click();
  await expect(head).toHaveAttribute('aria-sort', 'descending');
  await expect.poll(() => ids(table)).toEqual(byAccuracy('DESC'));
  // From the head by arrow keys: the next column, sorted by Enter.
  await head.getByRole('button').focus();
  await page.keyboard.press('Enter');
  await expect(head).toHaveAttribute('aria-sort', 'ascending');
  await expect.poll(() => ids(table)).toEqual(byAccuracy('ASC'));
  await page.keyboard.press('ArrowDown');
  await expect(rows(table).first()).toBeFocused();
  await page.keyboard.press('End');
  await expect(table.locator(`[data-index="${RUNS}"]`)).toBeFocused();

  await saved('cellruns-table:all');
  await saved(/"metric:accuracy",\s*"descending":\s*false/);
  await page.reload();
  await expect(rows(tab(page)).first()).toBeVisible();
  await expect(
    heads(tab(page)).filter({ hasText: /^accuracy/ })
  ).toHaveAttribute('aria-sort', 'ascending');
});

test('columns are found, shown, ordered, resized, pinned and kept; a view has a name', async ({
  page
}) => {
  const table = await openTable(page, { experiments: ['1'] });
  await table.getByRole('button', { name: 'Choose columns' }).click();
  const chooser = page.getByRole('dialog', { name: 'Choose columns' });
  await chooser.getByRole('textbox').fill('team');
  await chooser.getByText('team', { exact: true }).click();
  await chooser.getByRole('textbox').fill('loss metric');
  await chooser
    .getByRole('button', { name: 'best of loss', exact: true })
    .click();
  await chooser
    .getByRole('button', { name: 'max of loss', exact: true })
    .click();
  await picture(page, 'table-chooser');
  await page.keyboard.press('Escape');
  await expect(chooser).toHaveCount(0);
  const names = () => heads(table).allInnerTexts();
  await expect.poll(names).toContain('loss (best)');
  await expect.poll(names).toContain('loss (max)');

  // Moved by Alt and an arrow, resized by Shift and an arrow, pinned by the menu.
  const best = heads(table).filter({ hasText: 'loss (best)' });
  const before = (await names()).indexOf('loss (best)');
  await best.getByRole('button').focus();
  await page.keyboard.press('Alt+ArrowLeft');
  await expect
    .poll(async () => (await names()).indexOf('loss (best)'))
    .toBe(before - 1);
  const width = (await best.boundingBox())?.width ?? 0;
  await best.getByRole('button').focus();
  await page.keyboard.press('Shift+ArrowRight');
  await expect
    .poll(async () => (await best.boundingBox())?.width)
    .toBeCloseTo(width + 16, 0);
  await best.getByRole('button').press('Shift+F10');
  await menuItem(page, 'Pin').click();
  await expect(best).toHaveAttribute('data-pinned', 'true');

  await table.getByRole('button', { name: 'Views, groups and more' }).click();
  await menuItem(page, 'Save This View…').click();
  await page.locator('.jp-Dialog input').fill('my view');
  await page.keyboard.press('Enter');
  await saved('my view');

  // Kept for this experiment, not for another; the named view goes everywhere.
  await page.reload();
  await expect(
    heads(tab(page)).filter({ hasText: 'loss (best)' })
  ).toHaveAttribute('data-pinned', 'true');
  await lab.command(page, 'cellruns:open-runs-table', {
    mode: 'all',
    experiments: ['2']
  });
  const other = page.locator(
    '.jp-MainAreaWidget:not(.lm-mod-hidden) .jp-Cellruns'
  );
  await expect(rows(other).first()).toBeVisible();
  await expect(heads(other).filter({ hasText: 'loss (best)' })).toHaveCount(0);
  await other.getByRole('button', { name: 'Views, groups and more' }).click();
  await menuItem(page, 'my view').click();
  await expect(heads(other).filter({ hasText: 'loss (best)' })).toHaveCount(1);
});

test('only columns that differ, several experiments at once, groups with mean and spread', async ({
  page
}) => {
  const table = await openTable(page, { experiments: ['1', '2'] });
  await expect(count(table)).toContainText(`${RUNS / 2 + 1} runs`);
  await filter(table).fill('metrics.loss > 0');
  await expect(count(table)).toContainText(`${RUNS / 2} runs`);
  await table.getByRole('button', { name: 'Choose columns' }).click();
  const chooser = page.getByRole('dialog', { name: 'Choose columns' });
  await chooser.getByRole('textbox').fill('param loss_fn');
  await chooser.getByText('loss_fn', { exact: true }).click();
  await chooser.getByRole('textbox').fill('param optimizer');
  await page.keyboard.press('Escape');
  const grid = table.getByRole('treegrid');
  const lossFn = heads(table).filter({ hasText: 'loss_fn' });
  await grid.evaluate(node => node.scrollTo({ left: 1e6 }));
  await expect(lossFn).toHaveCount(1);
  await table.getByRole('button', { name: 'Views, groups and more' }).click();
  await menuItem(page, 'Only Columns That Differ').click();
  await expect(lossFn).toHaveCount(0);

  await grid.evaluate(node => node.scrollTo({ left: 0 }));
  await table.getByRole('button', { name: 'Views, groups and more' }).click();
  await menuItem(page, 'Group by').hover();
  await menuItem(page, 'optimizer').click();
  const groups = table.locator('[data-group="true"]');
  await expect(groups).toHaveCount(4);
  const [mean, deviation] = JSON.parse(
    lab.python(`import json, sqlite3, statistics as s
d = sqlite3.connect("mlflow.db")
v = [x for (x,) in d.execute("SELECT m.value FROM latest_metrics m JOIN params p USING (run_uuid) JOIN runs r USING (run_uuid) WHERE m.key = 'accuracy' AND p.key = 'optimizer' AND p.value = 'lion' AND r.experiment_id IN (1, 2)")]
print(json.dumps([s.mean(v), s.stdev(v)]))`)
  ) as [number, number];
  const lion = groups.filter({ hasText: 'lion' });
  await expect(lion).toContainText(
    `${Number(mean.toPrecision(5))} ± ${Number(deviation.toPrecision(5))}`
  );
  await picture(page, 'table-groups');
  await lion.focus();
  await page.keyboard.press('ArrowRight');
  await expect(lion).toHaveAttribute('aria-expanded', 'true');
  await expect(
    rows(table).filter({ hasNotText: 'optimizer' }).first()
  ).toBeVisible();
});

test('the filter language: completion, MLflow’s own result, errors at their place; words too', async ({
  page
}) => {
  const table = await openTable(page);
  await filter(table).click();
  await page.keyboard.type('metrics.acc', { delay: 20 });
  const offered = table.getByRole('listbox', { name: 'Completions' });
  await expect(
    offered.getByRole('option', { name: 'accuracy', exact: true })
  ).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(filter(table)).toHaveValue('metrics.accuracy ');
  await page.keyboard.type('> 0.9 and params.opt', { delay: 20 });
  await expect(
    offered.getByRole('option', { name: 'optimizer' })
  ).toBeVisible();
  await page.keyboard.press('Tab');
  await page.keyboard.type('= ', { delay: 20 });
  await expect(offered.getByRole('option', { name: 'adamw' })).toBeVisible();
  await picture(page, 'table-filter');
  await page.keyboard.type("'adamw", { delay: 20 });
  await page.keyboard.press('Tab');
  await expect(filter(table)).toHaveValue(
    "metrics.accuracy > 0.9 and params.optimizer = 'adamw' "
  );
  // That it is MLflow's own result is tested in tests/table/test_equal.py, over hundreds of filters.
  const wanted = lab
    .rows(
      `SELECT r.run_uuid FROM runs r JOIN latest_metrics m USING (run_uuid) JOIN params p USING (run_uuid)
       WHERE m.key = 'accuracy' AND m.value > 0.9 AND p.key = 'optimizer' AND p.value = 'adamw' ORDER BY r.start_time DESC`
    )
    .flat();
  expect(wanted.length).toBeGreaterThan(3);
  await expect(count(table)).toContainText(`${wanted.length} runs`);
  await expect.poll(() => ids(table)).toEqual(wanted.slice(0, 8));

  await filter(table).fill('metrics.accuracy >> 0.9');
  await expect(table.getByRole('alert')).toContainText('>> is no comparison');
  await expect(table.locator('mark')).toHaveText('>>');
  await expect(rows(table).first()).toBeVisible();
  await picture(page, 'table-filter-error');

  await filter(table).fill('brisk adamw');
  const words = lab.rows(
    "SELECT count(*) FROM runs r JOIN params p USING (run_uuid) WHERE r.name LIKE 'brisk%' AND p.key = 'optimizer' AND p.value = 'adamw'"
  )[0][0] as number;
  await expect(count(table)).toContainText(`${words} runs`);
});

test('many runs are selected by keys, tagged, renamed, noted, deleted, undone and restored', async ({
  page
}) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const table = await openTable(page, { experiments: ['3'] });
  await rows(table).first().focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Shift+ArrowDown');
  const bar = table.getByRole('toolbar', { name: 'Selected runs' });
  await expect(bar).toContainText('3 selected');
  const chosen = await ids(table, 3);
  const menu = async (name: string) => {
    await bar.getByRole('button', { name: 'Actions ▾' }).click();
    await page.getByRole('menuitem', { name }).click();
  };
  const stored = (sql: string) =>
    lab.rows(sql.replace('IDS', chosen.map(id => `'${id}'`).join(',')));

  await menu('Tag…');
  await page.locator('.jp-Dialog input[name="key"]').fill('reviewed');
  await page.locator('.jp-Dialog input[name="value"]').fill('yes');
  await page.keyboard.press('Enter');
  await expect
    .poll(() =>
      stored(
        "SELECT count(*) FROM tags WHERE key = 'reviewed' AND value = 'yes' AND run_uuid IN (IDS)"
      )
    )
    .toEqual([[3]]);

  await menu('Note…');
  await page.locator('.jp-Dialog textarea').fill('**important** run');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect
    .poll(() =>
      stored(
        "SELECT count(*) FROM tags WHERE key = 'mlflow.note.content' AND run_uuid IN (IDS)"
      )
    )
    .toEqual([[3]]);

  await menu('Rename…');
  await page.locator('.jp-Dialog input').fill('three of a kind');
  await page.keyboard.press('Enter');
  await expect(rows(table).first()).toContainText('three of a kind');
  expect(
    stored(
      "SELECT count(*) FROM tags WHERE key = 'mlflow.runName' AND value = 'three of a kind' AND run_uuid IN (IDS)"
    )
  ).toEqual([[3]]);

  await menu('Copy the Run Ids');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
    chosen.join('\n')
  );

  await menu('Open in MLflow’s UI');
  await expect(page.locator('.jp-Dialog')).toContainText(
    'mlflow ui --backend-store-uri'
  );
  await page.getByRole('button', { name: 'Close', exact: true }).click();

  await page.keyboard.press('Escape');
  await rows(table).first().focus();
  await expect(bar).toContainText('3 selected');
  await page.keyboard.press('Delete');
  await expect(count(table)).toContainText(`${RUNS / 4 - 3} runs`);
  expect(
    stored('SELECT DISTINCT lifecycle_stage FROM runs WHERE run_uuid IN (IDS)')
  ).toEqual([['deleted']]);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(count(table)).toContainText(`${RUNS / 4} runs`);
  expect(
    stored('SELECT DISTINCT lifecycle_stage FROM runs WHERE run_uuid IN (IDS)')
  ).toEqual([['active']]);

  // Deleted again, and restored from among the deleted ones.
  await rows(table).first().focus();
  await page.keyboard.press('Control+a');
  await expect(bar).toContainText(`${RUNS / 4} selected`);
  await page.keyboard.press('Escape');
  await expect(bar).toHaveCount(0);
  await page.keyboard.press('Delete');
  await expect(count(table)).toContainText(`${RUNS / 4 - 1} runs`);
  await table.getByRole('button', { name: 'Views, groups and more' }).click();
  await menuItem(page, 'Deleted Runs').click();
  await expect(count(table)).toContainText('1 run');
  await rows(table)
    .first()
    .click({ modifiers: ['Control'] });
  await bar.getByRole('button', { name: 'Restore' }).click();
  await expect(table).toContainText('No deleted runs');

  // The note is Markdown in the run's detail.
  await table
    .getByRole('button', { name: 'Show the runs that are not deleted' })
    .click();
  await rows(table).filter({ hasText: 'three of a kind' }).first().click();
  await expect(
    page.locator('.jp-Cellruns-note strong').filter({ hasText: 'important' })
  ).toBeVisible();
});

test('nested runs fold; a run that was left running is ended', async ({
  page
}) => {
  lab.python(`import mlflow
mlflow.set_tracking_uri("sqlite:///mlflow.db")
mlflow.set_experiment("nested")
with mlflow.start_run(run_name="parent"):
    for i in range(3):
        with mlflow.start_run(run_name=f"child {i}", nested=True):
            mlflow.log_metric("loss", i)
client = mlflow.MlflowClient()
client.create_run(mlflow.get_experiment_by_name("nested").experiment_id, run_name="orphan")`);
  const id = lab.rows(
    "SELECT experiment_id FROM experiments WHERE name = 'nested'"
  )[0][0];
  const table = await openTable(page, { experiments: [String(id)] });
  await expect(rows(table)).toHaveCount(5);
  const parent = rows(table).filter({ hasText: 'parent' });
  await expect(parent).toHaveAttribute('aria-expanded', 'true');
  await parent.focus();
  await page.keyboard.press('ArrowLeft');
  await expect(rows(table)).toHaveCount(2);
  await page.keyboard.press('ArrowRight');
  await expect(rows(table)).toHaveCount(5);
  await rows(table).filter({ hasText: 'orphan' }).click({ button: 'right' });
  await menuItem(page, 'End as Failed').click();
  await expect
    .poll(() => lab.rows("SELECT status FROM runs WHERE name = 'orphan'"))
    .toEqual([['FAILED']]);
});

test('axe-core finds nothing in the panel and the tab, in both themes', async ({
  page
}) => {
  const table = await openTable(page);
  await lab.command(page, 'cellruns:open-runs');
  const panel = page.locator('#jp-Cellruns-runs');
  await panel.getByRole('button', { name: 'All', exact: true }).click();
  await expect(rows(panel).first()).toBeVisible();
  await rows(panel)
    .first()
    .click({ modifiers: ['Control'] });
  await rows(table)
    .first()
    .click({ modifiers: ['Control'] });
  await filter(table).fill('metrics.loss >> 1');
  await expect(table.getByRole('alert')).toBeVisible();
  expect(await violations(page, '#jp-Cellruns-runs')).toEqual([]);
  expect(await violations(page, '.jp-MainAreaWidget .jp-Cellruns')).toEqual([]);
  await filter(table).fill('');
  await picture(page, 'table');
  await lab.dark(page);
  expect(await violations(page, '#jp-Cellruns-runs')).toEqual([]);
  expect(await violations(page, '.jp-MainAreaWidget .jp-Cellruns')).toEqual([]);
  await picture(page, 'table-dark');
  await picture(panel, 'table-narrow-dark');
  await lab.command(page, 'apputils:change-theme', {
    theme: 'JupyterLab Light'
  });
  await expect(page.locator('body')).toHaveAttribute(
    'data-jp-theme-light',
    'true'
  );
  await picture(panel, 'table-narrow');
});
