import * as fs from 'node:fs';

import { expect, test } from '@playwright/test';

import { Lab } from '../lab';

const PAGE = `<!doctype html><title>quiet</title><p id="state">nothing ran</p>
<script>
  document.getElementById("state").textContent = "script ran";
  fetch("/api/contents").then(() => { document.title = "reached Jupyter"; });
  try { localStorage.setItem("left", "behind"); } catch {}
</script>
<img src="x" onerror="document.getElementById('state').textContent = 'handler ran'">
<form action="/api/shutdown" method="post"><input type="submit" id="send"></form>`;

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" onload="document.getElementById('state').textContent = 'handler ran'">
<text id="state" y="20">nothing ran</text>
<script>document.getElementById("state").textContent = "script ran"</script></svg>`;

let lab: Lab;
let run = '';

test.beforeAll(async () => {
  test.setTimeout(200_000);
  lab = new Lab();
  fs.mkdirSync(lab.root, { recursive: true });
  run = lab
    .python(
      `import mlflow, os
mlflow.set_tracking_uri("sqlite:///mlflow.db")
mlflow.set_experiment(experiment_id=mlflow.create_experiment("pages", os.path.abspath("mlartifacts/pages")))
with mlflow.start_run() as run:
    mlflow.log_text(${JSON.stringify(PAGE)}, "page.html")
    mlflow.log_text(${JSON.stringify(PAGE)}, "page.xhtml")
    mlflow.log_text(${JSON.stringify(SVG)}, "drawing.svg")
print(run.info.run_id)`
    )
    .trim()
    .split('\n')
    .pop()!;
  await lab.start();
});

test.afterAll(() => lab.stop());

for (const name of ['page.html', 'drawing.svg']) {
  test(`a script in ${name} does not run and has no origin`, async ({
    page
  }) => {
    const url = `${lab.url}/cellruns/runs/${run}/artifacts/content?path=${name}`;
    // Logged in, as whoever opens an artifact is.
    await page.goto(`${lab.url}/api/me?token=${lab.token}`);
    const requests: string[] = [];
    page.on('request', request => requests.push(request.url()));
    await page.goto(url);
    await expect(page.locator('#state')).toHaveText('nothing ran');
    await page.waitForTimeout(500);
    await expect(page.locator('#state')).toHaveText('nothing ran');
    expect(await page.evaluate(() => self.origin)).toBe('null');
    expect(requests.filter(asked => asked.includes('/api/'))).toEqual([]);
    if (name === 'page.html') {
      await page.locator('#send').click();
      await page.waitForTimeout(300);
      expect(requests.filter(asked => asked.includes('shutdown'))).toEqual([]);
    }
    await page.goto(`${lab.url}/api/me`);
    expect(await page.evaluate(() => localStorage.getItem('left'))).toBeNull();

    // The same bytes without the header do what they say: this test can fail.
    await page.route('**/artifacts/content*', async route => {
      const answer = await route.fetch();
      const headers = answer.headers();
      delete headers['content-security-policy'];
      await route.fulfill({ response: answer, headers });
    });
    await page.goto(url);
    await expect(page.locator('#state')).not.toHaveText('nothing ran');
  });
}

test('what could be a page under another name is a download', async ({
  page
}) => {
  await page.goto(`${lab.url}/api/me?token=${lab.token}`);
  const answer = await page.request.get(
    `${lab.url}/cellruns/runs/${run}/artifacts/content?path=page.xhtml`
  );
  expect(answer.headers()['content-type']).toBe('application/octet-stream');
  expect(answer.headers()['x-content-type-options']).toBe('nosniff');
});
