import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';

import { expect, test, type Page } from '@playwright/test';

import { freePort, Lab, picture } from '../lab';
import { TrackingServer } from '../sample';

const RUN = `
import mlflow
with mlflow.start_run(run_name="remote") as run:
    for i in range(100):
        mlflow.log_metric("loss", 1 / (i + 1), step=i)
`;

/** Logs until it is told to stop, and leaves what it knows of secrets outside of the root. */
const LONG = `
import mlflow, os, time
with open(os.environ["OUTSIDE"] + "/token", "w") as file:
    file.write(os.environ["MLFLOW_TRACKING_TOKEN"])
with mlflow.start_run(run_name="long") as run:
    step = 0
    while not os.path.exists(os.environ["OUTSIDE"] + "/stop"):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
        step += 1
        if step == 200:
            open(os.environ["OUTSIDE"] + "/going", "w").close()
        time.sleep(0.01)
print("steps", step)
`;
const PASSWORD = 'not-for-the-browser';

let lab: Lab;
const server = new TrackingServer();
let refuser: http.Server;

/** A real MLflow; a port where nobody listens; and a front that refuses every password, as a proxy with logins does. */
test.beforeAll(async () => {
  test.setTimeout(240_000);
  lab = new Lab();
  const nobody = await freePort();
  const folder = path.join(lab.folder, 'server');
  await server.start(folder);
  refuser = http.createServer((request, response) => {
    request.resume();
    response.writeHead(401, { 'Content-Type': 'text/html' }).end('no');
  });
  await new Promise<void>(done => refuser.listen(0, '127.0.0.1', done));
  const stores = {
    team: { label: 'Team server', url: server.url },
    lab: { label: 'Lab cluster', url: `http://127.0.0.1:${nobody}` },
    archive: {
      label: 'Archive',
      url: `http://127.0.0.1:${(refuser.address() as AddressInfo).port}`,
      user: 'ann',
      password: PASSWORD
    }
  };
  lab.extraEnv = { OUTSIDE: lab.folder };
  await lab.start(`--CellrunsApp.stores=${JSON.stringify(stores)}`);
  lab.notebook('train.ipynb', RUN);
  lab.notebook('long.ipynb', LONG);
});

test.afterAll(async () => {
  refuser.close();
  server.stop();
  await lab.stop();
});

/** Texts of all files below a folder. */
function texts(folder: string): Map<string, string> {
  return new Map(
    fs
      .readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map(name => path.join(folder, name))
      .filter(name => fs.statSync(name, { throwIfNoEntry: false })?.isFile())
      .map(name => [name, fs.readFileSync(name, 'latin1')])
  );
}

/** All that a page keeps, and what it shows. */
function kept(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const found = [
      JSON.stringify(localStorage),
      JSON.stringify(sessionStorage),
      document.cookie,
      document.documentElement.outerHTML
    ];
    const asked = <T>(request: IDBRequest<T>) =>
      new Promise<T>((done, failed) => {
        request.onsuccess = () => done(request.result);
        request.onerror = () => failed(new Error(request.error?.message));
      });
    for (const { name } of await indexedDB.databases()) {
      const database = await asked(indexedDB.open(name!));
      for (const store of database.objectStoreNames) {
        const all = database.transaction(store).objectStore(store);
        found.push(JSON.stringify(await asked(all.getAll())));
      }
      database.close();
    }
    return found.join('\n');
  });
}

const pill = (page: Page) => page.locator('.jp-Cellruns-pill');
const menu = (page: Page) => page.locator('.jp-Cellruns-popup');

async function choose(page: Page, name: string): Promise<void> {
  await menu(page).getByRole('button', { name }).click();
  await expect(
    menu(page).getByRole('button', { name, pressed: true })
  ).toBeVisible();
}

test('a store is chosen in the menu, without a restart; what is wrong with one is said', async ({
  page
}) => {
  await lab.open(page, 'train.ipynb');
  await page.getByRole('button', { name: /^Cellruns: Ready/ }).click();
  await expect(
    menu(page).getByRole('region', { name: 'Store of the next runs' })
  ).toContainText('Team server');
  await expect(
    menu(page).getByRole('button', { name: /Lab cluster.*away/ })
  ).toBeVisible({ timeout: 20_000 });
  await expect(
    menu(page).getByRole('button', { name: /Archive.*can’t be used/ })
  ).toBeVisible();
  await picture(page, 'stores-menu');
  await choose(page, 'Team server');
  await page.keyboard.press('Escape');
  await expect(pill(page)).toContainText('Team server');

  await lab.command(page, 'notebook:run-all-cells');
  await lab.idle(page);
  await lab.command(page, 'cellruns:open-runs');
  const row = page.locator('#jp-Cellruns-runs').getByText('remote').first();
  await expect(row).toBeVisible({ timeout: 30_000 });
  const asked = await fetch(
    `${lab.url}/cellruns/runs?store=team&token=${lab.token}`
  );
  expect(((await asked.json()) as { total: number }).total).toBe(1);
  await row.click();
  await expect(page.locator('#jp-Cellruns-runs')).toContainText('loss');
  await picture(page, 'stores-remote');

  await pill(page).click();
  await choose(page, 'Lab cluster');
  await expect(menu(page).getByRole('alert').first()).toContainText(
    'does not answer'
  );
  await expect(pill(page)).toContainText('Lab cluster away');
  await picture(page, 'stores-away');
  await page.keyboard.press('Escape');
  const panel = page.locator('#jp-Cellruns-runs');
  await panel.getByRole('button', { name: /^Back/ }).first().click();
  await expect(panel).toContainText('does not answer');
  await picture(page, 'stores-away-panel');
  await pill(page).click();
  await choose(page, 'Archive');
  await expect(menu(page).getByRole('alert').first()).toContainText(
    'refuses the user name and password (HTTP 401)'
  );
  await expect(pill(page)).toContainText('Archive: error');
  expect(await page.content()).not.toContain(PASSWORD);
  await picture(page, 'stores-refused');
  await lab.dark(page);
  await page.waitForTimeout(500);
  if (!(await menu(page).isVisible())) {
    await pill(page).click();
  }
  await choose(page, 'Lab cluster');
  await picture(page, 'stores-away-dark');
});

test('a store that goes away in mid-run: what waits is counted, nothing is lost, and no secret is left anywhere', async ({
  page
}) => {
  test.setTimeout(200_000);
  const addresses: string[] = [];
  page.on('request', request => addresses.push(request.url()));
  await lab.open(page, 'long.ipynb');
  await page.getByRole('button', { name: /^Cellruns: Ready/ }).click();
  await choose(page, 'Archive');
  await choose(page, 'Team server');
  await page.keyboard.press('Escape');
  await lab.command(page, 'notebook:run-all-cells');
  await expect
    .poll(() => fs.existsSync(path.join(lab.folder, 'going')), {
      timeout: 60_000
    })
    .toBe(true);

  server.stop();
  await expect(pill(page)).toContainText('away', { timeout: 60_000 });
  const waiting = pill(page)
    .locator('.jp-Cellruns-pillBadge')
    .filter({ hasText: 'wait to be stored' });
  await expect(waiting).toContainText(/\d\d/, { timeout: 60_000 });
  await pill(page).click();
  await expect(menu(page)).toContainText(
    /\d+ points wait to be stored; they are kept on disk until then/
  );
  await lab.dark(page);
  await page.waitForTimeout(500);
  if (!(await menu(page).isVisible())) {
    await pill(page).click();
  }
  await picture(page, 'stores-waiting-dark');
  fs.writeFileSync(path.join(lab.folder, 'stop'), '');
  await lab.idle(page);
  await server.start(path.join(lab.folder, 'server'));
  await expect(waiting).toHaveCount(0, { timeout: 60_000 });
  await expect(pill(page)).not.toContainText('away', { timeout: 60_000 });

  const output = await page.locator('.jp-OutputArea').first().innerText();
  const steps = Number(/steps (\d+)/.exec(output)![1]);
  const count = `import mlflow
client = mlflow.MlflowClient("${server.url}")
runs = client.search_runs([e.experiment_id for e in client.search_experiments()], "attributes.run_name = 'long'")
history = client.get_metric_history(runs[0].info.run_id, "loss")
print(len(runs), runs[0].info.status, [point.step for point in history] == list(range(${steps})))`;
  await expect
    .poll(() => lab.python(count).trim(), { timeout: 60_000 })
    .toBe('1 FINISHED True');

  await lab.save(page);
  const token = fs.readFileSync(path.join(lab.folder, 'token'), 'utf8');
  expect(token.length).toBeGreaterThan(20);
  const places = texts(lab.folder);
  places.delete(path.join(lab.folder, 'token'));
  places.set('the browser', await kept(page));
  places.set('addresses', addresses.join('\n'));
  for (const secret of [PASSWORD, token]) {
    expect(
      [...places].filter(([, text]) => text.includes(secret)).map(([at]) => at)
    ).toEqual([]);
  }
  // The search itself can find something.
  expect(places.get('the browser')).toContain('JupyterLab Dark');
});
