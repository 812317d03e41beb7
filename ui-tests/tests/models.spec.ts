import { expect, test, type Page } from '@playwright/test';

import * as fs from 'node:fs';
import * as path from 'node:path';

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
from sklearn.ensemble import RandomForestClassifier

iris = load_iris(as_frame=True)
X, y = iris.data, iris.target
for trees in (5, 50):
    with mlflow.start_run(run_name=f"forest-{trees}"):
        mlflow.log_input(mlflow.data.from_pandas(iris.frame, name="iris"), context="training")
        forest = RandomForestClassifier(trees, random_state=0).fit(X, y)
        mlflow.log_params({"trees": trees, "seed": 0})
        mlflow.log_metric("accuracy", forest.score(X, y))
        mlflow.sklearn.log_model(forest, name="forest", input_example=X.head(3),
                                 signature=infer_signature(X, forest.predict(X)),
                                 registered_model_name="iris-forest")`;

test.beforeAll(async () => {
  test.setTimeout(180_000);
  lab = await new Lab().start();
  lab.python(SAVE);
  lab.notebook('iris.ipynb', LOG, 'print(1)');
});

test.afterAll(() => lab.stop());

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
  await lab.open(page, 'iris.ipynb');
  await lab.command(page, 'cellruns:open-runs');
  await lab.runAll(page);
  await lab.idle(page);
  const panel = page.locator('.jp-Cellruns-panel');
  await panel.locator('[role="row"]', { hasText: 'forest-50' }).click();
  await panel
    .getByRole('list', { name: 'Models' })
    .getByRole('button', { name: 'forest' })
    .click();
  const model = page.locator('.jp-Cellruns-model');
  await expect(model.locator('[data-flavor="sklearn"]')).toBeVisible();
  await expect(section(page, 'Files')).toContainText('MLmodel');
  const lineage = section(page, 'Lineage');
  await expect(lineage).toContainText('iris-forest version 2');
  await lineage.getByRole('button', { name: 'iris', exact: true }).click();
  await expect(
    lineage.getByRole('button', { name: 'forest-5', exact: true })
  ).toBeVisible();
  await picture(page, 'model-run');
  await lineage.getByRole('button', { name: 'cell [1]' }).click();
  await expect(page.locator('.jp-Notebook .jp-mod-active')).toContainText(
    'RandomForestClassifier'
  );
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
