// The browser's half of runs_open, runs_sort and runs_filter: the runs table in a JupyterLab, and MLflow's own page.
import { chromium } from '@playwright/test';

const [labUrl, mlflowUrl, times] = [
  process.argv[2],
  process.argv[3],
  Number(process.argv[4])
];
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

// Runs `act` in the page and resolves after the frame in which `done` holds; says how long that took, and the long tasks.
const measure = (page, act, done, argument) =>
  page.evaluate(
    ([actText, doneText, given]) =>
      new Promise((resolve, reject) => {
        const tasks = [];
        const observer = new PerformanceObserver(list =>
          tasks.push(...list.getEntries().map(e => e.duration))
        );
        observer.observe({ type: 'longtask' });
        const act = eval(actText);
        const done = eval(doneText);
        const start = performance.now();
        act(given);
        const look = () => {
          if (done(given)) {
            requestAnimationFrame(() => {
              const took = performance.now() - start;
              setTimeout(() => {
                observer.disconnect();
                resolve({ took, tasks });
              }, 60);
            });
          } else if (performance.now() - start > 120000) {
            reject(new Error('not within two minutes'));
          } else {
            requestAnimationFrame(look);
          }
        };
        look();
      }),
    [`(${act})`, `(${done})`, argument]
  );

const found = {
  open: [],
  sort: [],
  filter: [],
  scroll: [],
  tasks: [],
  peerOpen: [],
  peerSort: [],
  peerFilter: []
};

// Ours. Each time a fresh page: the panel is cold.
for (let i = 0; i < times; i++) {
  const page = await browser.newPage({
    viewport: { width: 1360, height: 900 }
  });
  await page.goto(labUrl);
  await page.waitForFunction(
    () => document.querySelector('.jp-Launcher'),
    undefined,
    { timeout: 120000 }
  );
  await page.waitForTimeout(3000);
  const open = await measure(
    page,
    () =>
      void window.jupyterapp.commands.execute('cellruns:open-runs-table', {
        mode: 'all'
      }),
    () =>
      document.querySelectorAll('.jp-Cellruns-runsGrid [data-run]').length > 15
  );
  found.open.push(open.took);
  found.tasks.push(...open.tasks);
  const columns = ['accuracy', 'loss'];
  for (const name of columns) {
    const sort = await measure(
      page,
      column => {
        window.cellrunsBefore = document.querySelector(
          '.jp-Cellruns-runsGrid [data-index="0"]'
        ).dataset.run;
        [...document.querySelectorAll('.jp-Cellruns-headButton')]
          .find(b => b.textContent.startsWith(column))
          .click();
      },
      () => {
        const first = document.querySelector(
          '.jp-Cellruns-runsGrid [data-index="0"]'
        );
        return (
          first?.dataset.run && first.dataset.run !== window.cellrunsBefore
        );
      },
      name
    );
    found.sort.push(sort.took);
    found.tasks.push(...sort.tasks);
  }
  for (const top of [60000, 200000, 20000]) {
    const scroll = await measure(
      page,
      place =>
        document
          .querySelector('.jp-Cellruns-runsGrid')
          .scrollTo({ top: place }),
      place =>
        document.querySelector(
          `.jp-Cellruns-runsGrid [data-index="${Math.ceil(place / 28) + 5}"]`
        )?.dataset.run,
      top
    );
    found.scroll.push(scroll.took);
    found.tasks.push(...scroll.tasks);
  }
  const filters = [
    'metrics.accuracy > 0.9 and params.optimizer = "adam"',
    'metrics.loss < 0.5 and params.optimizer = "sgd"'
  ];
  for (const text of filters) {
    const filter = await measure(
      page,
      given => {
        window.cellrunsFoot =
          document.querySelector('.jp-Cellruns-foot').textContent;
        const input = document.querySelector(
          '.jp-MainAreaWidget .jp-Cellruns-filter input'
        );
        Object.getOwnPropertyDescriptor(
          HTMLInputElement.prototype,
          'value'
        ).set.call(input, given);
        input.dispatchEvent(new Event('input', { bubbles: true }));
      },
      () =>
        document.querySelector('.jp-MainAreaWidget .jp-Cellruns-foot')
          .textContent !== window.cellrunsFoot,
      text
    );
    found.filter.push(filter.took);
    found.tasks.push(...filter.tasks);
  }
  found.heap = await page.evaluate(
    () => performance.memory?.usedJSHeapSize ?? 0
  );
  await page.close();
}

// MLflow's own page on a server with the same database: its list of the runs of all experiments (it shows the first
// hundred), from the navigation to the first rows; a sort and
// a filter are navigations of its search state in the address, as its own controls make them.
const rows = () =>
  document.querySelectorAll(
    '.ag-center-cols-container [role="row"], [data-testid="experiment-view-table"] [role="row"], table tbody tr'
  ).length > 10;
const ALL = `?experiments=${encodeURIComponent(JSON.stringify(['1', '2', '3', '4']))}`;
const visit = async query => {
  const page = await browser.newPage({
    viewport: { width: 1360, height: 900 }
  });
  const start = Date.now();
  await page.goto(`${mlflowUrl}/#/compare-experiments/s${query}`);
  await page.waitForFunction(rows, undefined, {
    timeout: 120000,
    polling: 'raf'
  });
  const took = Date.now() - start;
  found.peerHeap = await page.evaluate(
    () => performance.memory?.usedJSHeapSize ?? 0
  );
  await page.close();
  return took;
};
for (let i = 0; i < times; i++) {
  found.peerOpen.push(await visit(ALL));
  found.peerSort.push(
    await visit(
      `${ALL}&orderByKey=${encodeURIComponent('metrics.`accuracy`')}&orderByAsc=false`
    )
  );
  found.peerFilter.push(
    await visit(
      `${ALL}&searchFilter=${encodeURIComponent('metrics.accuracy > 0.9 and params.optimizer = "adam"')}`
    )
  );
}
console.log(JSON.stringify(found));
await browser.close();
