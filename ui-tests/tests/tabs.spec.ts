import { expect, test, type Page } from '@playwright/test';

import { charts, Lab } from '../lab';

/** Runs for a while and then until the file `stop` is there. */
const LONG = `
import mlflow, os, time
i = 0
with mlflow.start_run(run_name="long") as run:
    while i < 100 or not os.path.exists("stop"):
        mlflow.log_metric("loss", 1 / (i + 1), step=i)
        i += 1
        time.sleep(0.02)
`;

let lab: Lab;

// Two JupyterLabs at once in one browser.
test.setTimeout(200_000);

test.beforeEach(async () => {
  lab = await new Lab().start();
});

test.afterEach(() => lab.stop());

function stored(): number[] {
  const rows = lab.rows(
    'SELECT count(*), count(DISTINCT step), max(step) + 1 FROM metrics'
  );
  return (rows[0] as number[] | undefined) ?? [];
}

async function finished(page: Page): Promise<void> {
  await expect(charts(page)).toHaveCount(1);
  await expect(charts(page).first()).toContainText('Finished', {
    timeout: 60_000
  });
}

test('a tab that is closed during a long run and opened again has the whole run', async ({
  context,
  page
}) => {
  lab.notebook('long.ipynb', LONG);
  await lab.open(page, 'long.ipynb');
  await lab.runAll(page);
  await expect(charts(page)).toHaveCount(1, { timeout: 60_000 });
  await lab.save(page);
  await page.close({ runBeforeUnload: false });
  const before = stored()[0] ?? 0;
  // Nobody looks, and the run goes on.
  await expect
    .poll(() => stored()[0], { timeout: 60_000 })
    .toBeGreaterThan(before + 200);
  const again = await context.newPage();
  await again.goto(`${lab.url}/lab/tree/long.ipynb?token=${lab.token}`);
  await again.locator('.jp-Notebook .jp-Cell').first().waitFor();
  await expect(charts(again)).toHaveCount(1);
  await expect(charts(again).first()).toContainText('Running');
  lab.python('open("stop", "w").close()');
  await finished(again);
  const [rows, steps, most] = stored();
  expect([rows, steps]).toEqual([most, most]);
  await expect(charts(again).first()).toContainText(
    `${most.toLocaleString('en-US')} points`
  );
});

test('two tabs on one notebook show the run, and its points are stored once', async ({
  context,
  page
}) => {
  lab.notebook('two.ipynb', LONG);
  await lab.open(page, 'two.ipynb');
  const other = await context.newPage();
  await other.goto(
    `${lab.url}/lab/workspaces/other/tree/two.ipynb?token=${lab.token}`
  );
  await lab.ready(other);
  const address = `${lab.url}/lab/workspaces/other/tree/two.ipynb`;
  await lab.runAll(page);
  await expect(charts(page)).toHaveCount(1, { timeout: 60_000 });
  await lab.save(page);
  lab.python('open("stop", "w").close()');
  await finished(page);
  // The file holds the output as it was opened; the other tab gets the rest from the store.
  await other.goto(address);
  await other.locator('.jp-Notebook .jp-Cell').first().waitFor();
  await finished(other);
  const [rows, steps, most] = stored();
  expect([rows, steps]).toEqual([most, most]);
  expect(lab.rows('SELECT count(*) FROM runs')).toEqual([[1]]);
});
