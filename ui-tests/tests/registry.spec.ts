import * as fs from 'node:fs';
import * as path from 'node:path';

import { expect, test, type Page } from '@playwright/test';

import { freePort, Lab, picture } from '../lab';
import { TrackingServer } from '../sample';

const PASSWORD = 'correct horse battery';

/** A line with a slope, logged and registered where the environment says. */
const LOG = (slope: number, name: string): string => `
import mlflow, numpy as np, warnings
from mlflow.models import infer_signature
from sklearn.linear_model import LinearRegression
warnings.filterwarnings("ignore")
x = np.arange(4.0).reshape(4, 1)
fitted = LinearRegression().fit(x, ${slope} * x[:, 0])
with mlflow.start_run(run_name="slope ${slope}"):
    mlflow.log_param("slope", ${slope})
    mlflow.sklearn.log_model(fitted, name="line", signature=infer_signature(x, fitted.predict(x)),
                             input_example=x, registered_model_name="${name}")
`;

let lab: Lab;
const server = new TrackingServer();

/** A real MLflow server with logins; whoever is no admin may read. */
async function serve(): Promise<void> {
  const folder = path.join(lab.folder, 'server');
  fs.mkdirSync(folder, { recursive: true });
  const settings = path.join(folder, 'auth.ini');
  fs.writeFileSync(
    settings,
    `[mlflow]
default_permission = READ
database_uri = sqlite:///${folder}/auth.db
admin_username = admin
admin_password = ${PASSWORD}
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
`
  );
  await server.start(folder, {
    args: ['--app-name=basic-auth'],
    env: {
      MLFLOW_FLASK_SERVER_SECRET_KEY: 'for tests',
      MLFLOW_AUTH_CONFIG_PATH: settings
    }
  });
}

/** Plain Python as the admin of that server. */
function asAdmin(code: string): void {
  lab.python(`
import os
os.environ.update(MLFLOW_TRACKING_URI="${server.url}",
                  MLFLOW_TRACKING_USERNAME="admin", MLFLOW_TRACKING_PASSWORD="${PASSWORD}")
${code}`);
}

test.beforeAll(async () => {
  test.setTimeout(300_000);
  lab = new Lab();
  const nobody = await freePort();
  await serve();
  const stores = {
    team: {
      label: 'Team server',
      url: server.url,
      user: 'sam',
      password: "sam's password"
    },
    cluster: { label: 'Lab cluster', url: `http://127.0.0.1:${nobody}` }
  };
  await lab.start(`--CellrunsApp.stores=${JSON.stringify(stores)}`);
  asAdmin(
    `from mlflow.server import get_app_client
get_app_client("basic-auth", os.environ["MLFLOW_TRACKING_URI"]).create_user("sam", "sam's password")
${LOG(2, 'line')}${LOG(3, 'line')}
client = mlflow.MlflowClient()
client.update_registered_model("line", "Lines of the team.")
client.set_registered_model_alias("line", "champion", "2")`
  );
  lab.notebook('local.ipynb', LOG(7, 'line'));
});

test.afterAll(async () => {
  server.stop();
  await lab.stop();
});

const registry = (page: Page) => page.locator('.jp-Cellruns-registry');
const store = (page: Page) => registry(page).getByLabel('Store');
const rows = (page: Page) =>
  registry(page).locator('.jp-Cellruns-versions tbody tr');

/** Open the line of the store that is shown. */
async function line(page: Page): Promise<void> {
  await registry(page)
    .getByRole('list', { name: 'Registered models' })
    .getByRole('button', { name: /^line/ })
    .click();
}

test('a store is chosen, its models are shown, opened and led to their run; a reload keeps it', async ({
  page
}) => {
  await lab.open(page, 'local.ipynb');
  await lab.runAll(page);
  await lab.idle(page);
  await lab.command(page, 'cellruns:open-model-registry');
  await expect(store(page)).toHaveValue('local');
  await line(page);
  await expect(rows(page)).toHaveCount(1);
  await expect(registry(page)).toContainText('No description');

  await store(page).selectOption('team');
  await expect(registry(page)).toContainText('Choose a model');
  await line(page);
  await expect(rows(page)).toHaveCount(2);
  await expect(registry(page)).toContainText('Lines of the team.');
  await expect(rows(page).first()).toContainText('@champion');
  await picture(page, 'registry-store');

  // The same name in another store is another model.
  await rows(page).first().getByRole('button', { name: 'Version 2' }).click();
  const model = page.locator('.jp-Cellruns-model:visible');
  await expect(model.locator('[data-flavor="sklearn"]')).toBeVisible();
  await expect(model).toContainText('slope 3');
  await expect(model).toContainText('works with another store (Local store)');
  await model.getByRole('button', { name: 'line version 2' }).click();
  await expect(store(page)).toHaveValue('team');
  await expect(rows(page).first()).toHaveAttribute('data-marked', 'true');

  // A run that no kernel of this server has told of.
  await rows(page).nth(1).getByRole('button', { name: /^run / }).click();
  const panel = page.locator('#jp-Cellruns-runs');
  await expect(panel).toContainText('slope 2');
  await panel
    .getByRole('list', { name: 'Models' })
    .getByRole('button', { name: 'line' })
    .click();
  await expect(page.locator('.jp-Cellruns-model:visible')).toContainText(
    'slope 2'
  );

  // Compared: params of runs in that store.
  await lab.command(page, 'cellruns:open-model-registry');
  await registry(page).getByLabel('Compare version 1').check();
  await registry(page).getByLabel('Compare version 2').check();
  await registry(page)
    .getByRole('button', { name: 'Compare', exact: true })
    .click();
  await expect(
    registry(page).locator('.jp-Cellruns-registryCompare tr', {
      has: page.getByRole('rowheader', { name: 'slope', exact: true })
    })
  ).toContainText('23');

  await page.goto(`${lab.url}/lab`);
  await expect(store(page)).toHaveValue('team');
  await expect(rows(page)).toHaveCount(2);
  await expect(registry(page)).toContainText('Lines of the team.');
});

test('what the server does not permit is said in its words, and nothing is changed', async ({
  page
}) => {
  await lab.open(page, 'local.ipynb');
  await lab.command(page, 'cellruns:open-model-registry', {
    name: 'line',
    store: 'team'
  });
  await expect(rows(page)).toHaveCount(2);
  await rows(page).nth(1).getByLabel('New alias of version 1').fill('champion');
  await rows(page)
    .nth(1)
    .getByRole('button', { name: 'Move here from version 2' })
    .click();
  await expect(registry(page).getByRole('alert')).toContainText(
    'Permission denied'
  );
  await expect(rows(page).first()).toContainText('@champion');
  await picture(page, 'registry-refused');
});

test('a store that is away says so; its models are there when it answers again', async ({
  page
}) => {
  test.setTimeout(300_000);
  await lab.open(page, 'local.ipynb');
  await lab.command(page, 'cellruns:open-model-registry', {
    store: 'cluster'
  });
  await expect(registry(page).getByRole('alert')).toContainText(
    'does not answer'
  );
  await expect(
    store(page).locator('option', { hasText: 'Lab cluster – away' })
  ).toBeAttached();
  await expect(registry(page).getByRole('alert')).toHaveCount(1);
  await picture(page, 'registry-away');

  server.stop();
  await store(page).selectOption('team');
  await expect(
    store(page).locator('option', { hasText: 'Team server – away' })
  ).toBeAttached();
  await expect(registry(page).getByRole('alert')).toContainText(
    'does not answer'
  );
  await serve();
  await line(page);
  await expect(rows(page)).toHaveCount(2);
  await expect(registry(page).getByRole('alert')).toHaveCount(0);
});
