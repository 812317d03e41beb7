import type { IChartRun } from './data';
import { formatValue } from './format';

/** The metrics of a run that are one value each: a list, as a curve of one point says nothing. */
export class ValueList {
  readonly node = document.createElement('dl');

  constructor() {
    this.node.className = 'jp-Cellruns-values';
    this.node.hidden = true;
  }

  /** Show the last values of these metrics. */
  set(keys: readonly string[], run: IChartRun | undefined): void {
    const entries = keys.map(key => {
      const values = run?.series.get(key)?.values ?? [];
      return { key, value: values[values.length - 1] ?? null };
    });
    const version = JSON.stringify(
      entries.map(({ key, value }) => [key, String(value)])
    );
    if (version === this._version) {
      return;
    }
    this._version = version;
    this.node.hidden = entries.length === 0;
    this.node.replaceChildren(
      ...entries.map(({ key, value }) => {
        const entry = document.createElement('div');
        const name = document.createElement('dt');
        name.textContent = key;
        name.title = key;
        const figure = document.createElement('dd');
        figure.textContent = formatValue(value);
        figure.title = String(value);
        entry.append(name, figure);
        return entry;
      })
    );
  }

  private _version = '';
}
