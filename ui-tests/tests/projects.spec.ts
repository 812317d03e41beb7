// Our tests drive the page itself; Galata's fixtures are not in use.
/* eslint jupyter/galata-prefer-notebook-cell-helper: off, jupyter/galata-prefer-menu-helper: off */
import { expect, test, type Locator, type Page } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { Lab, picture } from '../lab';

let lab: Lab;

const CELLS = [
  'import mlflow\nimport numpy as np\nfrom helper import blend\n\nmlflow.set_experiment("heights")',
  'learning_rate = 0.05  # step size\nsteps = 40\nseed = 7',
  'people = np.loadtxt("data/heights.csv")\nrng = np.random.default_rng(seed)\nguess = rng.normal(150, 5)',
  'with mlflow.start_run():\n    mlflow.log_params({"steps": steps})\n    for step in range(steps):\n        guess = blend(guess, people.mean(), learning_rate)\n        mlflow.log_metric("error", abs(float(people.mean() - guess)), step=step)'
];

test.beforeAll(async () => {
  lab = await new Lab().start();
  fs.mkdirSync(path.join(lab.root, 'data'));
  fs.writeFileSync(path.join(lab.root, 'data/heights.csv'), '170\n181\n165\n');
  fs.writeFileSync(
    path.join(lab.root, 'helper.py'),
    'def blend(a, b, weight):\n    return a + weight * (b - a)\n'
  );
  lab.notebook('heights.ipynb', ...CELLS);
});

test.afterAll(() => lab.stop());

/** Run one cell of the open notebook and wait for its end. */
async function runCell(page: Page, index: number, count: number) {
  const cell = page.locator('.jp-Notebook .jp-CodeCell').nth(index);
  await cell.locator('.cm-content').click();
  await lab.command(page, 'notebook:run-cell');
  await expect(cell.locator('.jp-InputPrompt').first()).toHaveText(
    `[${count}]:`,
    { timeout: 60_000 }
  );
}

/** Open the export dialog by its command. */
async function openExport(page: Page): Promise<Locator> {
  await lab.command(page, 'cellruns:export-notebook');
  const dialog = page.locator('.jp-Cellruns-exportDialog');
  await expect(dialog.locator('.jp-Cellruns-exportSummary')).toBeVisible();
  return dialog;
}

test('a notebook is exported from its toolbar, and the proof gives the same', async ({
  page
}) => {
  test.setTimeout(240_000);
  await lab.open(page, 'heights.ipynb');
  await lab.runAll(page);
  await lab.idle(page);
  await lab.save(page);
  await page
    .locator('.jp-NotebookPanel-toolbar')
    .getByRole('button', { name: /MLproject/ })
    .click();
  const dialog = page.locator('.jp-Cellruns-exportDialog');
  await expect(dialog).toContainText('learning_rate');
  await expect(dialog.getByRole('checkbox', { checked: true })).toHaveCount(3);
  await expect(dialog).toContainText('Nothing speaks against a run');
  await dialog.locator('li[title="requirements.txt"]').click();
  await expect(dialog.locator('.jp-Cellruns-exportFiles pre')).toContainText(
    /numpy==/
  );
  await dialog.locator('li[title="MLproject"]').click();
  await picture(page, 'export');
  await dialog.getByRole('button', { name: 'Export' }).click();
  await expect(dialog).toContainText('heights-project');
  await dialog
    .locator('.jp-Cellruns-exportActions select')
    .selectOption('local');
  await dialog.getByRole('button', { name: 'Prove' }).click();
  await expect(dialog.locator('.jp-Cellruns-projectVerdict')).toContainText(
    'The same: the one metric is equal.',
    { timeout: 150_000 }
  );
  await dialog.locator('.jp-Cellruns-projectVerdict').scrollIntoViewIfNeeded();
  await picture(page, 'proof');
  const folder = path.join(lab.root, 'heights-project');
  expect(fs.existsSync(path.join(folder, 'helper.py'))).toBe(true);
  const proof = JSON.parse(
    fs.readFileSync(path.join(folder, 'cellruns-proof.json'), 'utf8')
  ) as { outcome: string; largest: number };
  expect(proof).toMatchObject({ outcome: 'same', largest: 0 });
  expect(
    lab.rows("SELECT value FROM tags WHERE key = 'cellruns.proof'")
  ).toEqual([['same'], ['same']]);
  // A second export has something in its way.
  fs.appendFileSync(path.join(folder, 'README.md'), 'mine\n');
  await dialog
    .locator('.jp-Cellruns-projectForm select')
    .first()
    .selectOption('script');
  await dialog.getByRole('button', { name: 'Export' }).click();
  await expect(dialog.getByRole('alert')).toContainText('README.md');
  expect(fs.readFileSync(path.join(folder, 'README.md'), 'utf8')).toContain(
    'mine'
  );
});

test('a notebook that cannot run fresh is shown with its cells', async ({
  page
}) => {
  lab.notebook(
    'broken.ipynb',
    'import mlflow\nmlflow.log_metric("x", scale * offset)',
    'scale = 3',
    'password = "hunter2-X9q!"'
  );
  await lab.open(page, 'broken.ipynb');
  await lab.command(page, 'cellruns:export-notebook');
  const dialog = page.locator('.jp-Cellruns-exportDialog');
  await expect(dialog).toContainText(
    '“offset” is used, but no cell defines it'
  );
  await expect(dialog).toContainText('defined only in cell 2');
  await expect(dialog).toContainText('password, key or token');
  await picture(page, 'export-findings');
  await dialog.getByRole('button', { name: 'Cell 3, line 1' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.locator('.jp-Cell.jp-mod-active')).toContainText(
    'password'
  );
});

test('an MLproject is a form: checked, run with other values, still there after a reload', async ({
  page
}) => {
  test.setTimeout(240_000);
  const folder = path.join(lab.root, 'shop');
  fs.mkdirSync(folder);
  fs.writeFileSync(
    path.join(folder, 'MLproject'),
    'name: shop\n# how it is started\nentry_points:\n  main:\n    parameters:\n      price: {type: float, default: 2.5}  # euros\n      items: {type: int, default: 3}\n      unused: string\n    command: python shop.py {price} {items}\n'
  );
  fs.writeFileSync(
    path.join(folder, 'shop.py'),
    'import sys, time, mlflow\nmlflow.log_metric("sum", float(sys.argv[1]) * int(sys.argv[2]))\nfor i in range(200):\n    mlflow.log_metric("sold", i, step=i)\n    print("sold", i, flush=True)\n    time.sleep(0.1 if sys.argv[2] == "99" else 0.02)\n'
  );
  await page.goto(
    `${lab.url}/lab/tree/shop/MLproject?token=${lab.token}&reset`
  );
  const view = page.locator('.jp-Cellruns-project');
  await expect(view).toContainText(
    'The command does not use the parameter “unused”'
  );
  expect(fs.existsSync(path.join(folder, 'MLproject'))).toBe(true);
  const run = view.getByRole('button', { name: 'Run', exact: true });
  await expect(run).toBeDisabled();
  await view.getByLabel(/^unused/).fill('x');
  await view.getByLabel(/^items/).fill('many');
  await expect(view).toContainText('Not a whole number.');
  await expect(run).toBeDisabled();
  await view.getByLabel(/^items/).fill('99');
  await view.getByLabel(/^price/).fill('1e-1');
  await expect(view.locator('.jp-Cellruns-projectPreview')).toContainText(
    'python shop.py 0.1 99'
  );
  await view.getByLabel('Environment by').selectOption('local');
  await lab.command(page, 'cellruns:open-runs');
  await run.click();
  await expect(view.getByRole('log')).toContainText('sold 3', {
    timeout: 90_000
  });
  await picture(page, 'project');
  await page.reload();
  await expect(view.locator('li[data-status="running"]')).toHaveCount(1);
  await view.getByRole('button', { name: 'Cancel' }).click();
  await expect(view.locator('li[data-status="cancelled"]')).toHaveCount(1);
  await expect
    .poll(() =>
      lab.rows(
        "SELECT r.status FROM runs r JOIN metrics m USING (run_uuid) WHERE m.key = 'sum' LIMIT 1"
      )
    )
    .toEqual([['KILLED']]);
  const left = execFileSync('ps', ['-eo', 'args']).toString();
  expect(left).not.toContain('shop.py');

  // The values of the form become defaults; comments and order stay.
  await view.getByLabel(/^price/).fill('7.5');
  await view.getByLabel(/^unused/).fill('y');
  await view.getByRole('button', { name: 'Keep as defaults' }).click();
  await lab.command(page, 'docmanager:save');
  const file = path.join(folder, 'MLproject');
  await expect
    .poll(() => fs.readFileSync(file, 'utf8'))
    .toContain('price: {type: float, default: 7.5}  # euros');
  expect(fs.readFileSync(file, 'utf8')).toContain('# how it is started');
});

test('a project from Git at a tag, a failed run with advice, run again from the panel', async ({
  page
}) => {
  test.setTimeout(240_000);
  const repo = path.join(lab.folder, 'repo');
  fs.mkdirSync(path.join(repo, 'inner'), { recursive: true });
  const git = (...words: string[]) =>
    execFileSync('git', [
      '-C',
      repo,
      '-c',
      'user.name=a',
      '-c',
      'user.email=a@b',
      ...words
    ]);
  git('init', '-q');
  fs.writeFileSync(
    path.join(repo, 'inner/MLproject'),
    'name: tagged\nentry_points:\n  main:\n    parameters: {size: {type: int, default: 2}}\n    command: python go.py {size}\n'
  );
  fs.writeFileSync(
    path.join(repo, 'inner/go.py'),
    'import sys, mlflow\nif sys.argv[1] == "0": import no_such_package\nmlflow.log_metric("size", int(sys.argv[1]))\n'
  );
  git('add', '.');
  git('commit', '-qm', 'one');
  git('tag', 'v1');
  fs.rmSync(path.join(repo, 'inner/go.py'));
  git('commit', '-qam', 'two');
  await page.goto(`${lab.url}/lab?token=${lab.token}&reset`);
  await lab.command(page, 'cellruns:open-projects');
  const view = page.locator('.jp-Cellruns-project');
  await view.getByLabel('Folder or Git address').fill(`file://${repo}#inner`);
  await view.getByLabel('Branch, tag or commit').fill('nothing');
  await view.getByRole('button', { name: 'Look' }).click();
  await expect(view.getByRole('alert')).toContainText('Check branch, tag');
  await view.getByLabel('Branch, tag or commit').fill('v1');
  await view.getByRole('button', { name: 'Look' }).click();
  await view.getByLabel(/^size/).fill('0');
  await view.getByLabel('Environment by').selectOption('local');
  await view.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(view.getByRole('alert')).toContainText('no_such_package', {
    timeout: 90_000
  });
  await expect(view.getByRole('alert')).toContainText('Failed at: running');
  await expect(view.getByRole('alert')).toContainText('A package is missing');
  await picture(page, 'project-failed');
  await view.getByRole('button', { name: 'Open the run' }).click();
  const panel = page.locator('.jp-Cellruns-panel');
  await panel.getByRole('button', { name: 'Run again…' }).click();
  await view.getByLabel(/^size/).fill('5');
  await view.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(view.locator('li[data-status="finished"]')).toHaveCount(1, {
    timeout: 90_000
  });
  expect(lab.rows("SELECT value FROM metrics WHERE key = 'size'")).toEqual([
    [5]
  ]);
  expect(
    lab.rows("SELECT count(*) FROM tags WHERE key = 'mlflow.source.git.commit'")
  ).toEqual([[2]]);
});

test('a notebook that was run out of order: each finding leads to its cell', async ({
  page
}) => {
  test.setTimeout(180_000);
  lab.notebook(
    'order.ipynb',
    'import mlflow',
    'rate = 0.5',
    'value = rate * factor',
    'factor = 2',
    'with mlflow.start_run(run_name="ordered"):\n    mlflow.log_metric("value", value)',
    'left_over = 1'
  );
  await lab.open(page, 'order.ipynb');
  await page.getByRole('button', { name: /^Cellruns: Ready/ }).waitFor();
  let count = 0;
  for (const index of [0, 1, 3, 5, 2, 4]) {
    count += 1;
    await runCell(page, index, count);
  }
  // The record of the executed cells is what tells the rest.
  await expect
    .poll(
      () =>
        lab.rows(
          "SELECT count(*) FROM tags t JOIN runs r USING (run_uuid) WHERE t.key = 'cellruns.provenance' AND r.name = 'ordered'"
        )[0]?.[0],
      { timeout: 60_000 }
    )
    .toBe(1);
  const cells = page.locator('.jp-Notebook .jp-CodeCell');
  await cells.nth(5).locator('.jp-InputPrompt').first().click();
  await lab.command(page, 'notebook:delete-cell');
  await expect(cells).toHaveCount(5);
  await cells.nth(1).locator('.cm-content').click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('rate = 0.25');

  let dialog = await openExport(page);
  await expect(dialog.locator('.jp-Cellruns-exportSummary')).toHaveAttribute(
    'data-level',
    'error'
  );
  const finding = (text: string) =>
    dialog.locator('.jp-Cellruns-projectFindings li').filter({ hasText: text });
  await expect(finding('“left_over = 1”')).toBeVisible();
  await picture(page, 'export-order');
  for (const [text, name, code] of [
    ['defined only in cell 4', 'Cell 3, line 1', 'value = rate'],
    ['Run as [3], before cell 3 above it', 'Cell 4', 'factor = 2'],
    ['Edited since it was run', 'Cell 2', 'rate = 0.25']
  ]) {
    await finding(text).getByRole('button', { name, exact: true }).click();
    await expect(dialog).toHaveCount(0);
    await expect(page.locator('.jp-Cell.jp-mod-active')).toContainText(code);
    dialog = await openExport(page);
    await expect(finding('Edited since it was run')).toBeVisible();
  }

  // A cleared notebook has no counts; the record still knows the order.
  await dialog.getByRole('button', { name: 'Close' }).click();
  await lab.command(page, 'notebook:clear-all-cell-outputs');
  await expect(cells.nth(0).locator('.jp-InputPrompt').first()).toHaveText(
    '[ ]:'
  );
  dialog = await openExport(page);
  await expect(finding('Run as [3], before cell 3 above it')).toBeVisible();
});

test('the export is in the File menu and in the toolbar', async ({ page }) => {
  lab.notebook('menu.ipynb', 'rate = 0.5', 'print(rate)');
  const dialog = page.locator('.jp-Cellruns-exportDialog');
  const entry = page
    .locator('.lm-Menu')
    .getByRole('menuitem', { name: /Export Notebook as MLproject/ });
  const openMenu = () =>
    page
      .locator('#jp-MainMenu')
      .getByRole('menuitem', { name: 'File', exact: true })
      .click();
  // Without a notebook there is nothing to export.
  await page.goto(`${lab.url}/lab?token=${lab.token}&reset`);
  await page.locator('.jp-Launcher').first().waitFor();
  await openMenu();
  await expect(entry).toHaveAttribute('aria-disabled', 'true');

  await lab.open(page, 'menu.ipynb');
  await page
    .locator('.jp-NotebookPanel-toolbar')
    .getByRole('button', { name: /MLproject/ })
    .click();
  await expect(dialog).toContainText('rate');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(dialog).toHaveCount(0);
  await openMenu();
  await expect(entry).not.toHaveAttribute('aria-disabled', 'true');
  await picture(page, 'export-menu');
  await entry.click();
  await expect(dialog).toContainText('rate');
});

test('a sweep: a grid with runs at once, a list one after another, children below their parent', async ({
  page
}) => {
  test.setTimeout(300_000);
  const folder = path.join(lab.root, 'grid');
  fs.mkdirSync(folder);
  fs.writeFileSync(
    path.join(folder, 'MLproject'),
    'name: grid\nentry_points:\n  main:\n    parameters:\n      rate: {type: float, default: 0.1}\n      size: {type: int, default: 1}\n    command: python go.py {rate} {size}\n'
  );
  fs.writeFileSync(
    path.join(folder, 'go.py'),
    'import sys, time, mlflow\nmlflow.log_metric("product", float(sys.argv[1]) * int(sys.argv[2]))\ntime.sleep(3)\n'
  );
  await page.goto(
    `${lab.url}/lab/tree/grid/MLproject?token=${lab.token}&reset`
  );
  const view = page.locator('.jp-Cellruns-project');
  // What does not work here is shown with its reason and cannot be chosen.
  const answer = await page.request.get(
    `${lab.url}/cellruns/projects/managers?token=${lab.token}`
  );
  const { managers } = (await answer.json()) as {
    managers: { name: string; works: boolean; reason: string }[];
  };
  expect(managers.map(one => one.name).sort()).toEqual(
    ['conda', 'docker', 'local', 'uv', 'virtualenv'].sort()
  );
  for (const { name, works, reason } of managers) {
    const option = view
      .getByLabel('Environment by')
      .locator(`option[value="${name}"]`);
    await expect(option).toHaveJSProperty('disabled', !works);
    if (!works) {
      expect(reason).not.toBe('');
      await expect(option).toContainText(reason);
    }
  }
  await view.getByLabel('Environment by').selectOption('local');
  await view.getByLabel('Experiment').fill('grid');
  await view.getByLabel(/^rate/).fill('0.5, 0.25');
  await expect(view).toContainText('Not a number.');
  await view.getByRole('checkbox', { name: /Sweep/ }).check();
  await expect(view).not.toContainText('Not a number.');
  await view.getByLabel(/^size/).fill('2:4:2');
  await view.getByLabel('Runs at once').fill('2');
  await expect(view.locator('.jp-Cellruns-projectPreview')).toContainText(
    'python go.py 0.5 2'
  );
  await view.getByRole('button', { name: 'Run 4 times' }).click();
  const jobs = view.locator('.jp-Cellruns-projectJobs li[data-status]');
  await expect(jobs.first()).toContainText('Sweep of 4');
  await expect(jobs.first()).toContainText(/of 4 runs/);
  await picture(page, 'sweep');
  await expect(jobs.first()).toHaveAttribute('data-status', 'finished', {
    timeout: 200_000
  });
  const children = (parent: string) =>
    lab.rows(
      `SELECT m.value, r.start_time, r.end_time FROM runs r JOIN tags t USING (run_uuid) JOIN metrics m USING (run_uuid)
       WHERE t.key = 'mlflow.parentRunId' AND t.value = '${parent}' ORDER BY r.start_time`
    ) as [number, number, number][];
  const parents = () =>
    lab.rows(
      `SELECT r.run_uuid, r.status FROM runs r JOIN experiments e USING (experiment_id)
       WHERE e.name = 'grid' AND NOT EXISTS
       (SELECT 1 FROM tags t WHERE t.run_uuid = r.run_uuid AND t.key = 'mlflow.parentRunId') ORDER BY r.start_time`
    ) as [string, string][];
  await expect.poll(parents).toEqual([[expect.any(String), 'FINISHED']]);
  const grid = children(parents()[0][0]);
  expect(grid.map(([value]) => value).sort()).toEqual([0.5, 1, 1, 2]);
  const overlaps = (runs: [number, number, number][]) =>
    runs.some(([, began], i) => i > 0 && began < runs[i - 1][2]);
  expect(overlaps(grid)).toBe(true);

  // A list, one run after another.
  await view.getByRole('combobox', { name: /^Values/ }).selectOption('list');
  await view.getByLabel(/^rate/).fill('0.5, 1.5, 2');
  await expect(view.getByRole('alert')).toContainText('as many values');
  await expect(view.locator('button[type="submit"]')).toBeDisabled();
  await view.getByLabel(/^rate/).fill('0.5, 1.5');
  await view.getByLabel('Runs at once').fill('1');
  await view.getByRole('button', { name: 'Run 2 times' }).click();
  await expect(jobs).toHaveCount(2);
  await expect(jobs.first()).toContainText('Sweep of 2');
  await expect(jobs.first()).toHaveAttribute('data-status', 'finished', {
    timeout: 100_000
  });
  await expect.poll(() => parents().length).toBe(2);
  const list = children(parents()[1][0]);
  expect(list.map(([value]) => value)).toEqual([1, 6]);
  expect(overlaps(list)).toBe(false);

  // The table shows the children below their parents.
  await jobs.first().getByRole('button', { name: 'Open the run' }).click();
  await expect(page.locator('.jp-Cellruns-panel')).toContainText('grid');
  const id = lab.rows(
    "SELECT experiment_id FROM experiments WHERE name = 'grid'"
  )[0][0];
  await lab.command(page, 'cellruns:open-runs-table', {
    mode: 'all',
    experiments: [String(id)]
  });
  const table = page.locator('.jp-MainAreaWidget .jp-Cellruns');
  const rows = table.locator('[data-run]');
  await expect(rows).toHaveCount(8);
  const parent = table.locator(`[data-run="${parents()[0][0]}"]`);
  await expect(parent).toHaveAttribute('aria-expanded', 'true');
  await expect(table.locator('[data-run][aria-level="2"]')).toHaveCount(6);
  await parent.focus();
  await page.keyboard.press('ArrowLeft');
  await expect(rows).toHaveCount(4);
  await page.keyboard.press('ArrowRight');
  await rows.nth(1).click();
  await picture(page, 'sweep-table');
});

test('a lock for uv is written with the export, and a proof that fails leads to its cell', async ({
  page
}) => {
  test.setTimeout(240_000);
  lab.notebook(
    'only-here.ipynb',
    'import mlflow, pathlib\nrate = 0.5',
    'assert pathlib.Path("heights.ipynb").exists(), "only here"',
    'with mlflow.start_run():\n    mlflow.log_metric("rate", rate)'
  );
  await lab.open(page, 'only-here.ipynb');
  await lab.runAll(page);
  await lab.idle(page);
  await lab.save(page);
  const dialog = await openExport(page);
  await dialog
    .getByRole('combobox', { name: 'Environment' })
    .selectOption('uv');
  await dialog.locator('li[title="uv.lock"]').click({ timeout: 90_000 });
  await expect(dialog.locator('.jp-Cellruns-exportFiles pre')).toContainText(
    'name = "mlflow"'
  );
  await picture(page, 'export-uv');
  await dialog.getByRole('button', { name: 'Export' }).click();
  await expect(dialog).toContainText('only-here-project');
  expect(
    fs.readFileSync(path.join(lab.root, 'only-here-project/uv.lock'), 'utf8')
  ).toContain('name = "mlflow"');
  await dialog
    .locator('.jp-Cellruns-exportActions select')
    .selectOption('local');
  await dialog.getByRole('button', { name: 'Prove' }).click();
  const verdict = dialog.locator('.jp-Cellruns-projectVerdict');
  await expect(verdict).toHaveAttribute('data-outcome', 'failed', {
    timeout: 150_000
  });
  await verdict.scrollIntoViewIfNeeded();
  await picture(page, 'proof-failed');
  await verdict.getByRole('button', { name: 'Go to cell 2' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.locator('.jp-Cell.jp-mod-active')).toContainText(
    'only here'
  );
});
