import { spawn, type ChildProcess } from 'node:child_process';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';

import { expect, test, type Page } from '@playwright/test';

import { freePort, Lab, picture } from '../lab';

const RUN = `
import mlflow
with mlflow.start_run(run_name="remote") as run:
    for i in range(100):
        mlflow.log_metric("loss", 1 / (i + 1), step=i)
`;

let lab: Lab;
let server: ChildProcess;
let refuser: http.Server;

/** A real MLflow; a port where nobody listens; and a front that refuses every password, as a proxy with logins does. */
test.beforeAll(async () => {
  test.setTimeout(240_000);
  lab = new Lab();
  const [port, nobody] = [await freePort(), await freePort()];
  const folder = path.join(lab.folder, 'server');
  server = spawn(
    'python',
    [
      '-m',
      'mlflow',
      'server',
      `--port=${port}`,
      '--workers=1',
      `--backend-store-uri=sqlite:///${folder}.db`,
      `--artifacts-destination=${folder}`
    ],
    {
      stdio: 'ignore',
      detached: true,
      env: { ...process.env, MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false' }
    }
  );
  refuser = http.createServer((request, response) => {
    request.resume();
    response.writeHead(401, { 'Content-Type': 'text/html' }).end('no');
  });
  await new Promise<void>(done => refuser.listen(0, '127.0.0.1', done));
  const stores = {
    team: { label: 'Team server', url: `http://127.0.0.1:${port}` },
    lab: { label: 'Lab cluster', url: `http://127.0.0.1:${nobody}` },
    archive: {
      label: 'Archive',
      url: `http://127.0.0.1:${(refuser.address() as AddressInfo).port}`,
      user: 'ann',
      password: 'wrong'
    }
  };
  await lab.start(`--CellrunsApp.stores=${JSON.stringify(stores)}`);
  lab.notebook('train.ipynb', RUN);
  await expect
    .poll(
      () =>
        fetch(`http://127.0.0.1:${port}/health`).then(
          answer => answer.ok,
          () => false
        ),
      { timeout: 120_000 }
    )
    .toBe(true);
});

test.afterAll(async () => {
  refuser.close();
  if (server.pid) {
    process.kill(-server.pid, 'SIGKILL');
  }
  await lab.stop();
});

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
  expect(await page.content()).not.toContain('wrong');
  await picture(page, 'stores-refused');
  await lab.command(page, 'apputils:change-theme', {
    theme: 'JupyterLab Dark'
  });
  await expect(page.locator('body')).toHaveAttribute(
    'data-jp-theme-light',
    'false'
  );
  await page.waitForTimeout(500);
  if (!(await menu(page).isVisible())) {
    await pill(page).click();
  }
  await choose(page, 'Lab cluster');
  await picture(page, 'stores-away-dark');
});
