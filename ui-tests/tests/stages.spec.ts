import { execFileSync } from 'node:child_process';
import * as path from 'node:path';

import { expect, test } from '@playwright/test';

import { violations } from '../axe';
import { Lab, picture, ROOT } from '../lab';
import { TrackingServer } from '../sample';

let lab: Lab;
const server = new TrackingServer();
let url: string;

/** A call of the server's REST. */
async function ask(
  call: string,
  body: object
): Promise<Record<string, Record<string, unknown>>> {
  const answer = await fetch(`${url}/api/2.0/mlflow/${call}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body)
  });
  expect(answer.ok, await answer.clone().text()).toBe(true);
  return (await answer.json()) as Record<string, Record<string, unknown>>;
}

/** A real server of the last MLflow 2, from an environment of its own. */
test.beforeAll(async () => {
  test.setTimeout(600_000);
  lab = new Lab();
  const python = execFileSync(
    'python',
    ['-c', 'from tests.remotes import mlflow_2; print(mlflow_2())'],
    { cwd: ROOT }
  )
    .toString()
    .trim();
  ({ url } = await server.start(path.join(lab.folder, 'server'), {
    python,
    env: {
      PYTHONPATH: undefined,
      // The command line of MLflow starts its web server by name.
      PATH: `${path.dirname(python)}${path.delimiter}${process.env.PATH}`
    }
  }));
  expect(await (await fetch(`${url}/version`)).text()).toMatch(/^2\./);
  const stores = { old: { label: 'Old server', url } };
  await lab.start(`--CellrunsApp.stores=${JSON.stringify(stores)}`);
  lab.notebook('empty.ipynb', '1 + 1');
});

test.afterAll(async () => {
  server.stop();
  await lab.stop();
});

test('versions of an MLflow 2 server are shown with their stage', async ({
  page
}) => {
  const { run } = await ask('runs/create', {
    experiment_id: '0',
    run_name: 'old'
  });
  const { run_id, artifact_uri } = run.info as Record<string, string>;
  await ask('registered-models/create', { name: 'prices' });
  for (const stage of ['Production', 'Staging', null]) {
    const { model_version: made } = await ask('model-versions/create', {
      name: 'prices',
      source: `${artifact_uri}/model`,
      run_id
    });
    if (stage) {
      await ask('model-versions/transition-stage', {
        name: 'prices',
        version: made.version,
        stage,
        archive_existing_versions: false
      });
    }
  }
  await lab.open(page, 'empty.ipynb');
  await lab.command(page, 'cellruns:open-model-registry', {
    name: 'prices',
    store: 'old'
  });
  const registry = page.locator('.jp-Cellruns-registry');
  const table = registry.locator('.jp-Cellruns-versions');
  await expect(table.locator('tbody tr')).toHaveCount(3);
  await expect(
    table.getByRole('columnheader', { name: 'Stage' })
  ).toBeVisible();
  const row = (version: number) =>
    table.locator('tbody tr', {
      has: page.getByRole('button', {
        name: `Version ${version}`,
        exact: true
      })
    });
  await expect(row(1)).toContainText('Production');
  await expect(row(2)).toContainText('Staging');
  await expect(row(3)).not.toContainText(/Production|Staging/);
  await picture(page, 'registry-stages');
  expect(await violations(page, '.jp-Cellruns-registry')).toEqual([]);

  // A stage that is set later is there when the model is chosen again.
  await ask('model-versions/transition-stage', {
    name: 'prices',
    version: '2',
    stage: 'Archived',
    archive_existing_versions: false
  });
  await registry
    .getByRole('list', { name: 'Registered models' })
    .getByRole('button', { name: /^prices/ })
    .click();
  await expect(row(2)).toContainText('Archived');
});
