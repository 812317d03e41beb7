// The browser's half of series_1m.py and compare_20.py.
import { chromium } from '@playwright/test';

const asked = JSON.parse(process.argv[2]);
const browser = await chromium.launch({
  executablePath: process.env.CELLRUNS_CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--enable-precise-memory-info'
  ]
});
const context = await browser.newContext({
  viewport: { width: 1360, height: 900 }
});
const median = values =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** The answer's values, so that spikes can be counted in what the page was given to draw. */
function watch(page, pattern, spikesIn) {
  const seen = { request: 0, spikes: 0 };
  page.on('response', async response => {
    if (!pattern.test(response.url())) {
      return;
    }
    try {
      const body = await response.json();
      const { startTime, responseEnd } = response.request().timing();
      void startTime;
      seen.request += Math.max(0, responseEnd);
      seen.spikes += spikesIn(body);
    } catch {
      // Gone with the page.
    }
  });
  return seen;
}

const observe = () => {
  window.longTasks = [];
  new PerformanceObserver(list =>
    window.longTasks.push(...list.getEntries().map(e => e.duration))
  ).observe({ type: 'longtask' });
};
const facts = page =>
  page.evaluate(() => ({
    task: Math.max(0, ...window.longTasks),
    heap: performance.memory
      ? Math.round(performance.memory.usedJSHeapSize / 1e6)
      : 0
  }));

async function ours() {
  const page = await context.newPage();
  await page.addInitScript(observe);
  await page.goto(asked.lab);
  await page
    .locator('.jp-Launcher, .jp-NotebookPanel')
    .first()
    .waitFor({ timeout: 120000 });
  const visits = [];
  const seen = watch(
    page,
    /\/series\?/,
    body => body.series.flatMap(s => s.values).filter(v => v === 25).length
  );
  // A visit to other runs loads the code of the view, as the peer's first visit does; it is not counted. The first of
  // those that count finds nothing kept on the server.
  const order = [asked.others, asked.runs, asked.runs, asked.runs];
  for (const [i, runs] of order.entries()) {
    seen.request = seen.spikes = 0;
    const key = i === 0 ? asked.otherKey : asked.key;
    const ms = await page.evaluate(
      ({ runs, key }) =>
        new Promise(resolve => {
          window.longTasks.length = 0;
          const begin = performance.now();
          void window.jupyterapp.commands.execute('cellruns:compare-runs', {
            run_ids: runs,
            state: {
              version: 1,
              runs,
              view: 'curves',
              hidden: [],
              onlyDifferences: true,
              metrics: [key],
              chart: {
                layout: 'multiples',
                x: 'step',
                log: false,
                smoothing: 0
              }
            }
          });
          const look = () => {
            const tabs = [
              ...document.querySelectorAll('.jp-Cellruns-compare')
            ].filter(n => n.offsetParent);
            const drawn = tabs
              .flatMap(n => [...n.querySelectorAll('.mark-line path')])
              .filter(p => (p.getAttribute('d') ?? '').length > 50);
            if (drawn.length >= runs.length) {
              requestAnimationFrame(() =>
                setTimeout(() => resolve(performance.now() - begin))
              );
            } else {
              requestAnimationFrame(look);
            }
          };
          look();
        }),
      { runs, key }
    );
    await page.waitForTimeout(500);
    visits.push({
      ms,
      ...seen,
      ...(await facts(page)),
      lines: asked.runs.length
    });
    await page.evaluate(() => window.jupyterapp.shell.currentWidget?.dispose());
  }
  await page.close();
  return visits.slice(1);
}

async function peer() {
  const page = await context.newPage();
  await page.addInitScript(observe);
  const { mlflow, runs, key } = asked;
  const answer = await (
    await fetch(`${mlflow}/api/2.0/mlflow/runs/get?run_id=${runs[0]}`)
  ).json();
  const experiment = answer.run.info.experiment_id;
  const all = encodeURIComponent(JSON.stringify(runs));
  const url =
    runs.length === 1
      ? `${mlflow}/#/experiments/${experiment}/runs/${runs[0]}/model-metrics`
      : `${mlflow}/#/metric?runs=${all}&metric=${encodeURIComponent(JSON.stringify(key))}&experiments=${encodeURIComponent(JSON.stringify(['1', '2', '3', '4']))}&plot_metric_keys=${encodeURIComponent(JSON.stringify([key]))}`;
  const visits = [];
  const seen = watch(
    page,
    /get-history/,
    body => (body.metrics ?? []).filter(m => m.value === 25).length
  );
  for (let i = 0; i < 4; i++) {
    seen.request = seen.spikes = 0;
    await page.goto('about:blank');
    const begin = Date.now();
    await page.goto(url);
    await page.waitForFunction(
      n =>
        [
          ...document.querySelectorAll(
            '.js-line, .scatterlayer .trace path.js-line'
          )
        ].filter(p => (p.getAttribute('d') ?? '').length > 50).length >= n,
      runs.length,
      { timeout: 120000, polling: 'raf' }
    );
    const ms = Date.now() - begin;
    await page.waitForTimeout(500);
    const lines = await page.evaluate(
      () => document.querySelectorAll('.js-line').length
    );
    visits.push({ ms, ...seen, ...(await facts(page)), lines });
  }
  await page.close();
  return visits.slice(1);
}

const sum = visits =>
  Object.fromEntries(
    Object.keys(visits[0]).map(key => [key, median(visits.map(v => v[key]))])
  );
const mine = await ours();
const found = { ours: { ...sum(mine), first: mine[0].ms } };
try {
  const theirs = await peer();
  found.peer = { ...sum(theirs), first: theirs[0].ms };
} catch (error) {
  // Said, not hidden: the table shows gaps.
  console.error(`MLflow's page drew nothing that is known: ${error.message}`);
  found.peer = {
    ms: null,
    request: null,
    spikes: null,
    task: null,
    heap: null,
    lines: null,
    first: null
  };
}
console.log(JSON.stringify(found));
await browser.close();
