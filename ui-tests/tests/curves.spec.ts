import { expect, test, type Locator, type Page } from '@playwright/test';

import { violations } from '../axe';
import { Lab, picture } from '../lab';
import { makeSample } from '../sample';

/** The run of the sample with a long metric, `signal`. */
const LONG_RUN = 'a'.repeat(32);
const POINTS = 200_000;
/** Step of the only point far from the others, out of that many. */
const SPIKE = 123_457;

let lab: Lab;

test.setTimeout(200_000);

test.beforeAll(async () => {
  lab = new Lab();
  makeSample(lab.root, 30, POINTS);
  await lab.start('--JupyterNotebookApp.expose_app_in_browser=True');
});

test.afterAll(() => lab.stop());

const compare = (page: Page): Locator =>
  page.locator('.jp-Cellruns-compare:visible');

async function openTable(page: Page): Promise<Locator> {
  await page.goto(`${lab.url}/lab?token=${lab.token}&reset`);
  await page.locator('.jp-Launcher').first().waitFor();
  await lab.command(page, 'cellruns:open-runs-table', { mode: 'all' });
  const table = page.locator('.jp-MainAreaWidget .jp-Cellruns');
  await expect(table.locator('[data-run]').first()).toBeVisible();
  return table;
}

test('runs that are selected in the table are compared; a long curve shows its spike, and zoom loads every point', async ({
  page
}) => {
  const table = await openTable(page);
  await table.getByRole('combobox').fill('long');
  await expect(table.locator('.jp-Cellruns-foot')).toHaveText(/^1 run$/);
  await table.locator(`[data-run="${LONG_RUN}"]`).focus();
  await page.keyboard.press('Space');
  const bar = table.getByRole('toolbar', { name: 'Selected runs' });
  await expect(bar).toContainText('1 selected');
  await bar.getByRole('button', { name: 'Compare' }).click();
  await compare(page).getByRole('tab', { name: 'Curves' }).click();
  const card = compare(page).locator('.jp-Cellruns-card', {
    hasText: 'signal'
  });
  await expect(card.locator('.jp-Cellruns-card-note')).toContainText(
    'of 200,000 points, peaks kept'
  );
  // The one point at 25, where all others are between -2 and 2, makes the axis.
  await expect(
    card.locator('.role-axis-label text', { hasText: /^20$/ })
  ).toHaveCount(1);
  await picture(page, 'curves-long');

  const plot = card.locator('.jp-Cellruns-plot');
  const width = await plot.evaluate(node => node.clientWidth);
  // Axes take 52 px at the left and 12 px at the right.
  const at = (step: number): number => 52 + (step / POINTS) * (width - 64);
  const drag = async (from: number, to: number): Promise<void> => {
    const box = await plot.boundingBox();
    if (!box) {
      throw new Error('no plot');
    }
    await page.mouse.move(box.x + from, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + to, box.y + 60, { steps: 4 });
    await page.mouse.up();
  };
  const asked: URLSearchParams[] = [];
  page.on('request', request => {
    const url = new URL(request.url());
    if (url.pathname.endsWith('/series')) {
      asked.push(url.searchParams);
    }
  });
  await drag(at(SPIKE) - 20, at(SPIKE) + 20);
  await expect.poll(() => asked.length).toBe(1);
  const first = Number(asked[0].get('first_step'));
  const last = Number(asked[0].get('last_step'));
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThan(SPIKE);
  expect(last).toBeGreaterThan(SPIKE);
  expect(last).toBeLessThan(POINTS);
  const span = last - first;
  await expect(card.locator('.jp-Cellruns-card-note')).toContainText(
    'peaks kept'
  );
  // Deeper and deeper, until nothing is left out.
  await plot.focus();
  for (let i = 0; i < 12; i++) {
    if (await card.getByText(/^all [\d,]+ points of this part/).isVisible()) {
      break;
    }
    const before = asked.length;
    await page.keyboard.press('+');
    await expect.poll(() => asked.length).toBeGreaterThan(before);
    await page.waitForTimeout(500);
  }
  await expect(card.getByText(/^all [\d,]+ points of this part/)).toBeVisible();
  const deepest = asked[asked.length - 1];
  expect(
    Number(deepest.get('last_step')) - Number(deepest.get('first_step'))
  ).toBeLessThan(span);
  await card.getByRole('button', { name: 'Reset zoom' }).click();
  await expect(card.locator('.jp-Cellruns-card-note')).toContainText(
    'of 200,000 points'
  );
  expect(await violations(page, '.jp-Cellruns-compare')).toEqual([]);
});

test('the curve of a running run grows, and ends', async ({ page }) => {
  lab.notebook(
    'live.ipynb',
    'import mlflow, time\nwith mlflow.start_run(run_name="growing") as run:\n    for i in range(160):\n        mlflow.log_metric("speed", i % 7, step=i)\n        time.sleep(0.1)'
  );
  await lab.open(page, 'live.ipynb');
  await lab.runAll(page);
  await expect
    .poll(() => lab.rows("SELECT run_uuid FROM runs WHERE name = 'growing'"))
    .toHaveLength(1);
  const [[id]] = lab.rows("SELECT run_uuid FROM runs WHERE name = 'growing'");
  await lab.command(page, 'cellruns:compare-runs', {
    run_ids: [id],
    view: 'curves'
  });
  const figures = compare(page).getByRole('row', { name: /growing/ });
  await compare(page).getByText('Data table').click();
  const points = async (): Promise<number> =>
    Number(await figures.getByRole('cell').nth(1).textContent());
  await expect.poll(points).toBeGreaterThan(3);
  const some = await points();
  await expect.poll(points).toBeGreaterThan(some + 10);
  const path = compare(page).locator('.jp-Cellruns-card svg .mark-line path');
  await expect(path.first()).toBeAttached();
  await expect.poll(points, { timeout: 60_000 }).toBe(160);
  expect(
    lab.rows(`SELECT count(*) FROM metrics WHERE run_uuid = '${String(id)}'`)
  ).toEqual([[160]]);
});

test('axe-core finds nothing in what opens over the table: chooser and dialogs', async ({
  page
}) => {
  const table = await openTable(page);
  await table.getByRole('button', { name: 'Choose columns' }).click();
  await expect(page.getByLabel('Find a column')).toBeVisible();
  expect(await violations(page, '.jp-MainAreaWidget .jp-Cellruns')).toEqual([]);
  await table.getByRole('button', { name: 'Choose columns' }).click();
  await table.locator('[data-run]').first().focus();
  await page.keyboard.press('Space');
  await table.getByRole('button', { name: 'Actions ▾' }).click();
  await page.getByRole('menuitem', { name: 'Tag…' }).click();
  await expect(page.locator('.jp-Dialog')).toBeVisible();
  expect(await violations(page, '.jp-Dialog-content')).toEqual([]);
});

test('in Notebook 7 a comparison and the runs panel open beside the notebook', async ({
  page
}) => {
  lab.notebook('seven.ipynb', 'x = 1');
  await page.goto(`${lab.url}/notebooks/seven.ipynb?token=${lab.token}`);
  await page.locator('.jp-Notebook .jp-Cell').first().waitFor();
  await lab.command(page, 'cellruns:compare-runs', {
    run_ids: [LONG_RUN],
    view: 'curves'
  });
  await expect(
    compare(page).locator('.jp-Cellruns-card', { hasText: 'signal' })
  ).toBeVisible();
  await expect(
    compare(page).locator('.jp-Cellruns-card svg .mark-line path').first()
  ).toBeAttached();
  await picture(page, 'compare-notebook7');
  await lab.command(page, 'cellruns:open-runs');
  await expect(page.locator('#jp-Cellruns-runs')).toBeVisible();
  // Also those that are tabs of the main area in JupyterLab.
  await lab.command(page, 'cellruns:open-runs-table', { mode: 'all' });
  await expect(
    page.locator('[id^="jp-Cellruns-"] [data-run]:visible').first()
  ).toBeVisible();
  await lab.command(page, 'cellruns:open-projects');
  await expect(page.locator('#jupyterlab-cellruns-projects')).toBeVisible();
});
