import { expect, test, type Page } from '@playwright/test';

import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { violations } from '../axe';
import { Lab, picture } from '../lab';

let lab: Lab;

/** Models as MLflow saves them, in folders of the root. */
const SAVE = `
import lightgbm, mlflow.lightgbm, mlflow.sklearn, numpy as np, pandas as pd, warnings
warnings.filterwarnings("ignore")
from mlflow.models import infer_signature
from sklearn.linear_model import LinearRegression
array = np.arange(20.0).reshape(5, 4)
fitted = LinearRegression().fit(array, array[:, 0])
mlflow.sklearn.save_model(fitted, "models/tensor", signature=infer_signature(array, fitted.predict(array)), input_example=array)
frame = pd.DataFrame({"width": [0.1, 0.2, 0.4], "length": [1.0, 2.0, 4.0]})
booster = lightgbm.train({"objective": "regression", "verbose": -1, "min_data_in_leaf": 1}, lightgbm.Dataset(frame, [1.0, 2.0, 3.0]), 3)
mlflow.lightgbm.save_model(booster, "models/boosted", signature=infer_signature(frame, booster.predict(frame)), input_example=frame)
`;

/** What a notebook does: two runs on one dataset, each with a model, one registered at once. */
const LOG = `import mlflow, pandas as pd
from mlflow.models import infer_signature
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

iris = load_iris(as_frame=True)
X, y = iris.data, iris.target
for c in (5, 50):
    with mlflow.start_run(run_name=f"fit-{c}"):
        mlflow.log_input(mlflow.data.from_pandas(iris.frame, name="iris"), context="training")
        fitted = LogisticRegression(C=c / 10, max_iter=500).fit(X, y)
        mlflow.log_params({"C": c, "max_iter": 500})
        mlflow.log_metric("accuracy", fitted.score(X, y))
        mlflow.sklearn.log_model(fitted, name="flowers", input_example=X.head(3),
                                 signature=infer_signature(X, fitted.predict(X)),
                                 registered_model_name="iris-flowers")`;

test.beforeAll(async () => {
  test.setTimeout(180_000);
  lab = await new Lab().start();
  lab.python(SAVE);
  lab.notebook('iris.ipynb', LOG, 'print(1)');
});

test.afterAll(() => lab.stop());

/** Run the notebook that logs, where no test has done so yet. */
async function logged(page: Page): Promise<void> {
  if (
    lab.rows("SELECT 1 FROM sqlite_master WHERE name = 'model_versions'")
      .length === 0 ||
    lab.rows('SELECT 1 FROM model_versions').length < 2
  ) {
    await lab.open(page, 'iris.ipynb');
    await lab.runAll(page);
    await lab.idle(page);
    await lab.save(page);
  }
}

const section = (page: Page, title: string) =>
  page.locator('.jp-Cellruns-modelSection', {
    has: page.locator('.jp-Cellruns-modelTitle', { hasText: title })
  });

test('an MLmodel file opens as a model: flavors, verdict, signature, environment', async ({
  page
}) => {
  await page.goto(
    `${lab.url}/lab/tree/models/boosted/MLmodel?token=${lab.token}&reset`
  );
  const model = page.locator('.jp-Cellruns-model');
  await expect(model.locator('[data-flavor="lightgbm"]')).toContainText(
    'lightgbm'
  );
  await expect(
    model.locator('.jp-Cellruns-modelVerdicts [data-verdict="ready"]')
  ).toHaveCount(2);
  await expect(section(page, 'Signature')).toContainText('width');
  await expect(section(page, 'Environment')).toContainText('scikit-learn');
  // The tab is named by the folder; the file keeps its own name.
  await expect(
    page.locator('.lm-TabBar-tabLabel', { hasText: 'boosted' })
  ).toBeVisible();
  expect(fs.readdirSync(path.join(lab.root, 'models/boosted'))).toContain(
    'MLmodel'
  );
  await picture(page, 'model');
});

test('a model is tried on its example, on edited input, and refuses what does not fit', async ({
  page
}) => {
  await page.goto(
    `${lab.url}/lab/tree/models/tensor/MLmodel?token=${lab.token}&reset`
  );
  const part = section(page, 'Try it');
  await part.getByRole('button', { name: 'Run', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('A model is code');
  await picture(page, 'model-warning');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(part).not.toContainText('loaded in');
  await part.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByRole('button', { name: 'Run It' }).click();
  await expect(part.locator('table tbody tr')).toHaveCount(5);
  await expect(part).toContainText('as in the signature: float64 [-1]');
  await picture(part, 'model-try');

  await part.getByLabel('Input (JSON)').fill('[[4, 5, 6, 7]]');
  await part.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(part.locator('table tbody tr')).toHaveCount(1);
  await expect(part).toContainText('from ndarray 1 x 4');

  await part.getByLabel('Input (JSON)').fill('[[4, 5]]');
  await part.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(part.getByRole('alert')).toContainText('Shape of input');
  await picture(part, 'model-refused');
});

test('a logged model is opened from its run; its lineage leads back to run and cell', async ({
  page
}) => {
  test.setTimeout(240_000);
  await lab.open(page, 'iris.ipynb');
  await lab.command(page, 'cellruns:open-runs');
  await lab.runAll(page);
  await lab.idle(page);
  const cards = page.locator('.jp-Cellruns-modelCard');
  await expect(cards).toHaveCount(2);
  await expect(cards.nth(1)).toContainText('iris-flowers version 2');
  await expect(cards.nth(1)).toContainText('In this kernel: ready');
  await cards.first().scrollIntoViewIfNeeded();
  await picture(page.locator('.jp-Cellruns-modelCards'), 'model-card');
  await lab.save(page);
  const panel = page.locator('.jp-Cellruns-panel');
  await panel.locator('[role="row"]', { hasText: 'fit-50' }).click();
  await panel
    .getByRole('list', { name: 'Models' })
    .getByRole('button', { name: 'flowers' })
    .click();
  const model = page.locator('.jp-Cellruns-model');
  await expect(model.locator('[data-flavor="sklearn"]')).toBeVisible();
  await expect(section(page, 'Files')).toContainText('MLmodel');
  const lineage = section(page, 'Lineage');
  await expect(lineage).toContainText('iris-flowers version 2');
  await lineage.getByRole('button', { name: 'iris', exact: true }).click();
  await expect(
    lineage.getByRole('button', { name: 'fit-5', exact: true })
  ).toBeVisible();
  await picture(page, 'model-run');
  await lineage.getByRole('button', { name: 'cell [1]' }).click();
  await expect(page.locator('.jp-Notebook .jp-mod-active')).toContainText(
    'LogisticRegression'
  );
});

test('cards are there when the notebook is opened again', async ({ page }) => {
  await logged(page);
  await lab.open(page, 'iris.ipynb');
  const outputs = lab.saved('iris.ipynb').cells[0].outputs ?? [];
  const saved = outputs.filter(
    output => output.data?.['application/vnd.cellruns.model.v1+json']
  );
  expect(saved).toHaveLength(1);
  expect(String(saved[0].data?.['text/plain'])).toContain('Model flowers');
  expect(saved[0].data?.['text/html']).toBeUndefined();
  expect(JSON.stringify(saved[0]).length).toBeLessThan(64 * 1024);
  await expect(page.locator('.jp-Cellruns-modelCard')).toHaveCount(2);
});

test('a card is there in a saved notebook that is opened without a kernel', async ({
  page
}) => {
  await logged(page);
  const notebook = JSON.parse(
    fs.readFileSync(path.join(lab.root, 'iris.ipynb'), 'utf8')
  ) as { metadata: Record<string, unknown> };
  notebook.metadata = {
    kernelspec: { name: 'gone', display_name: 'Gone', language: 'gone' }
  };
  fs.writeFileSync(
    path.join(lab.root, 'kernelless.ipynb'),
    JSON.stringify(notebook)
  );
  await page.goto(
    `${lab.url}/lab/tree/kernelless.ipynb?token=${lab.token}&reset`
  );
  await page
    .getByRole('dialog')
    .getByRole('button', { name: 'No Kernel' })
    .click();
  const cards = page.locator('.jp-Cellruns-modelCard');
  await expect(cards).toHaveCount(2);
  await expect(cards.nth(1)).toContainText('sklearn');
  await expect(cards.nth(1)).toContainText('iris-flowers version 2');
  await expect(cards.nth(1)).toContainText('sepal length');
  await expect(cards.nth(1)).not.toContainText('In this kernel');
  // Its links lead on all the same.
  await cards
    .nth(1)
    .getByRole('button', { name: 'flowers', exact: true })
    .click();
  await expect(
    page.locator('.jp-Cellruns-model [data-flavor="sklearn"]')
  ).toBeVisible();
});

test('a card is back after a reload in mid-cell, and takes what is logged later', async ({
  page
}) => {
  const wait = (file: string): string =>
    `while not os.path.exists("${file}"):\n    time.sleep(0.1)`;
  const log = (name: string): string => `with mlflow.start_run():
    mlflow.sklearn.log_model(fitted, name="${name}", input_example=[[0.0]])`;
  lab.notebook(
    'mid.ipynb',
    `import mlflow, os, time
from sklearn.linear_model import LinearRegression
fitted = LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])
${log('early')}
${wait('go')}
${log('late')}
${wait('end')}`
  );
  await lab.open(page, 'mid.ipynb');
  await lab.runAll(page);
  const cards = page.locator('.jp-Cellruns-modelCard');
  await expect(cards).toHaveCount(1);
  // The notebook is not saved: the card exists in this page only.
  expect(lab.saved('mid.ipynb').cells[0].outputs).toEqual([]);
  await page.reload();
  await page.locator('.jp-Notebook .jp-Cell').first().waitFor();
  await expect(cards).toHaveCount(1);
  await expect(cards.first()).toContainText('early');
  fs.writeFileSync(path.join(lab.root, 'go'), '');
  await expect(cards).toHaveCount(2);
  await expect(cards.nth(1)).toContainText('late');
  fs.writeFileSync(path.join(lab.root, 'end'), '');
  await page
    .locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
    .waitFor({ state: 'attached' });
  await lab.save(page);
  const saved = (lab.saved('mid.ipynb').cells[0].outputs ?? []).flatMap(
    output => output.data?.['application/vnd.cellruns.model.v1+json'] ?? []
  ) as { models: { name: string }[] }[];
  expect(saved.map(card => card.models.map(model => model.name))).toEqual([
    ['early', 'late']
  ]);
});

test('registered models: alias moved, tag, description, two versions compared', async ({
  page
}) => {
  await logged(page);
  await lab.open(page, 'iris.ipynb');
  await lab.command(page, 'cellruns:open-model-registry');
  const registry = page.locator('.jp-Cellruns-registry');
  await registry.getByRole('searchbox').fill('none such');
  await expect(registry).toContainText('No registered model has that');
  await registry.getByRole('searchbox').fill('iris');
  await registry.getByRole('button', { name: 'iris-flowers' }).click();
  const rows = registry.locator('.jp-Cellruns-versions tbody tr');
  await expect(rows).toHaveCount(2);
  await rows.nth(1).getByLabel('New alias of version 1').fill('champion');
  await rows.nth(1).getByRole('button', { name: 'Set' }).click();
  await expect(rows.nth(1)).toContainText('@champion');
  await rows.nth(0).getByLabel('New alias of version 2').fill('champion');
  await rows
    .nth(0)
    .getByRole('button', { name: 'Move here from version 1' })
    .click();
  await expect(rows.nth(0)).toContainText('@champion');
  await expect(rows.nth(1)).not.toContainText('@champion');
  await rows.nth(0).getByRole('button', { name: 'Add a tag' }).click();
  await page.keyboard.type('checked=yes');
  await page.keyboard.press('Enter');
  await expect(rows.nth(0)).toContainText('checked: yes');
  await registry.getByRole('button', { name: 'Edit' }).first().click();
  await page.keyboard.type('Flowers of iris.');
  await registry.getByRole('button', { name: 'Save' }).click();
  await expect(registry).toContainText('Flowers of iris.');
  expect(
    lab.rows('SELECT alias, version FROM registered_model_aliases')
  ).toEqual([['champion', 2]]);

  await registry.getByLabel('Compare version 1').check();
  await registry.getByLabel('Compare version 2').check();
  await registry.getByRole('button', { name: 'Compare', exact: true }).click();
  const comparison = registry.locator('.jp-Cellruns-registryCompare');
  await expect(
    comparison.locator('tr', {
      has: page.getByRole('rowheader', { name: 'C', exact: true })
    })
  ).toContainText('550');
  await expect(comparison.locator('tr', { hasText: 'max_iter' })).toHaveCount(
    0
  );
  await picture(page, 'model-registry');
  // The server's own words where it refuses.
  await rows.nth(0).getByLabel('New alias of version 2').fill('v3');
  await rows.nth(0).getByRole('button', { name: 'Set' }).click();
  await expect(registry.getByRole('alert')).toContainText('alias');
  await picture(page, 'model-registry-refused');
  await rows.nth(1).getByRole('button', { name: 'Version 1' }).click();
  await expect(page.locator('.jp-Cellruns-modelHead')).toContainText(
    'iris-flowers 1'
  );
});

test('code for a stored model runs in a kernel and in a terminal as it stands', async ({
  page
}) => {
  await logged(page);
  test.setTimeout(300_000);
  lab.notebook(
    'files.ipynb',
    `import mlflow, tempfile
with mlflow.start_run() as run:
    mlflow.log_artifacts("models/boosted", "kept/boosted")
print(run.info.run_id)`
  );
  await lab.open(page, 'files.ipynb');
  await lab.runAll(page);
  await lab.idle(page);
  const [[run]] = lab.rows(
    "SELECT run_uuid FROM tags WHERE key = 'mlflow.source.name' AND value LIKE '%files.ipynb'"
  );
  const [[id]] = lab.rows(
    "SELECT model_id FROM logged_models WHERE name = 'flowers' LIMIT 1"
  );
  lab.python(
    'import mlflow; mlflow.MlflowClient("sqlite:///mlflow.db").set_registered_model_alias("iris-flowers", "champion", "2")'
  );
  const cells: string[] = [];
  const commands: { code: string; folder: string }[] = [];
  for (const uri of [
    `models:/${String(id)}`,
    'models:/iris-flowers/2',
    'models:/iris-flowers@champion',
    `runs:/${String(run)}/kept/boosted`
  ]) {
    await lab.command(page, 'cellruns:open-model', { uri });
    const model = page.locator('.jp-Cellruns-model:visible');
    await expect(
      model.locator('.jp-Cellruns-modelVerdicts [data-verdict]').first()
    ).toBeVisible();
    const part = model.locator('.jp-Cellruns-modelSection', {
      hasText: 'Use it'
    });
    const tabs = part
      .getByRole('group', { name: 'In a notebook' })
      .getByRole('button');
    for (const tab of await tabs.all()) {
      if (!/Spark|Databricks/.test(await tab.innerText())) {
        await tab.click();
        cells.push(await part.locator('pre').innerText());
      }
    }
    await part.getByRole('button', { name: 'Predict a file' }).click();
    const asked = await fetch(
      `${lab.url}/cellruns/models/files?uri=${encodeURIComponent(uri)}&token=${lab.token}`
    );
    const { local_path: place } = (await asked.json()) as {
      local_path: string;
    };
    // The terminal opens beside the model.
    commands.push({
      code: await part.locator('pre').innerText(),
      folder: path.join(lab.root, path.dirname(place))
    });
    expect(cells[cells.length - 1]).toContain(uri);
    await lab.command(page, 'application:close');
  }
  expect(cells).toHaveLength(16);
  lab.notebook('snippets.ipynb', ...cells);
  await lab.open(page, 'snippets.ipynb');
  await lab.runAll(page);
  await lab.idle(page);
  await lab.save(page);
  const outputs = lab.saved('snippets.ipynb').cells.map(cell => cell.outputs);
  expect(
    outputs.flatMap(list => (list ?? []).filter(o => o.output_type === 'error'))
  ).toEqual([]);
  // Those that predict show what came out.
  expect(
    outputs.filter(list => list?.some(o => o.output_type === 'execute_result'))
      .length
  ).toBeGreaterThanOrEqual(8);
  // One of each kind of address in a shell; each imports MLflow anew.
  for (const { code, folder } of [commands[0], commands[3]]) {
    const said = execFileSync('bash', ['-ec', code], {
      cwd: folder,
      env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true' }
    }).toString();
    expect(said).toContain('"predictions"');
  }
});

test('a project leads to the models of its runs, and they lead back', async ({
  page
}) => {
  test.setTimeout(300_000);
  const folder = path.join(lab.root, 'line-project');
  fs.mkdirSync(folder);
  fs.writeFileSync(
    path.join(folder, 'MLproject'),
    'name: line project\nentry_points:\n  main:\n    command: python go.py\n'
  );
  fs.writeFileSync(
    path.join(folder, 'go.py'),
    `import mlflow
from sklearn.linear_model import LinearRegression
fitted = LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])
with mlflow.start_run():
    mlflow.sklearn.log_model(fitted, name="line", input_example=[[0.0]])
`
  );
  await page.goto(
    `${lab.url}/lab/tree/line-project/MLproject?token=${lab.token}&reset`
  );
  const project = page.locator('.jp-Cellruns-project');
  await project.getByLabel('Environment by').selectOption('local');
  await project.getByRole('button', { name: 'Run', exact: true }).click();
  const models = project.getByRole('region', {
    name: 'Models of this project'
  });
  await models.getByRole('button', { name: /^m-/ }).click({ timeout: 120_000 });
  const model = page.locator('.jp-Cellruns-model');
  await expect(model.locator('[data-flavor="sklearn"]')).toBeVisible();
  await expect(project).toBeHidden();
  await section(page, 'Lineage')
    .getByRole('button', { name: 'line-project' })
    .click();
  await expect(project).toBeVisible();
  await picture(page, 'model-project');
});

test('model view, card and registry: nothing wrong for axe, in the light, in the dark, and narrow', async ({
  page
}) => {
  await logged(page);
  test.setTimeout(300_000);
  const theme = (name: string) =>
    lab.command(page, 'apputils:change-theme', { theme: name });
  const unfold = (where: string) =>
    page
      .locator(`${where} details`)
      .evaluateAll(all =>
        all.forEach(one => ((one as HTMLDetailsElement).open = true))
      );
  const checked = async (where: string, name: string): Promise<void> => {
    await theme('JupyterLab Light');
    await expect(page.locator('body')).toHaveAttribute(
      'data-jp-theme-light',
      'true'
    );
    await unfold(where);
    await page.waitForTimeout(500);
    expect(await violations(page, where)).toEqual([]);
    await page.setViewportSize({ width: 760, height: 900 });
    await picture(page, `${name}-narrow`);
    await page.setViewportSize({ width: 1360, height: 900 });
    await theme('JupyterLab Dark');
    await expect(page.locator('body')).toHaveAttribute(
      'data-jp-theme-light',
      'false'
    );
    await page.waitForTimeout(500);
    expect(await violations(page, where)).toEqual([]);
    await picture(page, `${name}-dark`);
    await theme('JupyterLab Light');
  };
  await page.goto(
    `${lab.url}/lab/tree/models/boosted/MLmodel?token=${lab.token}&reset`
  );
  await expect(
    page.locator('.jp-Cellruns-modelVerdicts [data-verdict="ready"]')
  ).toHaveCount(2);
  await checked('.jp-Cellruns-model', 'model-view');

  await lab.open(page, 'iris.ipynb');
  await expect(page.locator('.jp-Cellruns-modelCard').nth(1)).toContainText(
    'In this kernel: ready'
  );
  await checked('.jp-Cellruns-modelCards', 'model-card');

  await lab.command(page, 'cellruns:open-model-registry', {
    name: 'iris-flowers'
  });
  const registry = page.locator('.jp-Cellruns-registry');
  await registry.getByLabel('Compare version 1').check();
  await registry.getByLabel('Compare version 2').check();
  await registry.getByRole('button', { name: 'Compare', exact: true }).click();
  await expect(registry.locator('.jp-Cellruns-registryCompare')).toBeVisible();
  await checked('.jp-Cellruns-registry', 'model-registry');
});

test('in Notebook 7 a card is shown, and its model, run and version open', async ({
  page
}) => {
  await logged(page);
  await page.goto(`${lab.url}/notebooks/iris.ipynb?token=${lab.token}`);
  const cards = page.locator('.jp-Cellruns-modelCard');
  await expect(cards).toHaveCount(2);
  await expect(cards.nth(1)).toContainText('In this kernel: ready');
  await picture(page, 'seven-card');
  await cards
    .nth(1)
    .getByRole('button', { name: 'flowers', exact: true })
    .click();
  const model = page.locator('.jp-Cellruns-model');
  await expect(model.locator('[data-flavor="sklearn"]')).toBeVisible();
  await picture(page, 'seven-model');
  await cards
    .nth(1)
    .getByRole('button', { name: 'iris-flowers version 2' })
    .click();
  const registry = page.locator('.jp-Cellruns-registry');
  await expect(registry.locator('.jp-Cellruns-versions tbody tr')).toHaveCount(
    2
  );
  await picture(page, 'seven-registry');
  expect(await violations(page, '.jp-Cellruns-registry')).toEqual([]);

  // The file browser of Notebook 7 opens it in a page of its own.
  await page.goto(`${lab.url}/tree/models/boosted?token=${lab.token}`);
  const opened = page.waitForEvent('popup');
  await page.getByText('MLmodel', { exact: true }).dblclick();
  const other = await opened;
  await expect(
    other.locator('.jp-Cellruns-model [data-flavor="lightgbm"]')
  ).toBeVisible();
  await picture(other, 'seven-file');
  await other.close();
});

test('a model is served, asked and stopped', async ({ page }) => {
  await page.goto(
    `${lab.url}/lab/tree/models/boosted/MLmodel?token=${lab.token}&reset`
  );
  const part = section(page, 'Serve on this machine');
  await part.locator('summary').first().click();
  await part.getByRole('button', { name: 'Start' }).click();
  await page.getByRole('button', { name: 'Run It' }).click();
  await expect(part).toContainText('ready on port', { timeout: 60_000 });
  await part.getByRole('button', { name: 'Send' }).click();
  await expect(part.locator('table tbody tr')).toHaveCount(3);
  await picture(part, 'model-serve');
  await part.getByRole('button', { name: 'Stop' }).click();
  await expect(part).toContainText('stopped');
});
