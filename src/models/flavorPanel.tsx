import * as React from 'react';
import { factsOf } from './facts';
import { sizeOf } from './folder';
import { flavorOf, flavorText, IFlavor } from './mlmodel';
import { ModelView } from './model';
import { Pairs, Value } from './parts';
import { formatBytes } from '../text';
import { verdictWords } from './verdictPanel';

/** What one flavor is: its library, loader, options and files. Made from the table of flavors. */
export function FlavorPanel(props: {
  view: ModelView;
  flavor: IFlavor;
}): React.JSX.Element {
  const { view, flavor } = props;
  const { trans, file, folder } = view;
  const loader = file
    ? flavorText(flavorOf(file, 'python_function'), 'loader_module')
    : null;
  const facts = factsOf(flavor, loader, trans);
  const pairs: [string, React.ReactNode][] = [];
  const shown = new Set<string>();
  if (facts.version) {
    shown.add(facts.version.key);
    const at = flavorText(flavor, facts.version.key);
    pairs.push([
      facts.version.distribution,
      at ?? <Value value={null} trans={trans} />
    ]);
  }
  if (facts.module && facts.module !== 'mlflow.pyfunc') {
    pairs.push([
      trans.__('Loaded by'),
      <code>{`${facts.module}.load_model`}</code>
    ]);
  }
  const add = (key: string, label: string): void => {
    const value = flavor.config[key];
    shown.add(key);
    if (value !== undefined && value !== null) {
      const source = flavor.sources[key];
      pairs.push([
        label,
        <Value
          value={
            source !== undefined && typeof value !== 'boolean' ? source : value
          }
          trans={trans}
        />
      ]);
    }
  };
  facts.options.forEach(([key, label]) => add(key, label));
  for (const key of facts.files) {
    const path = flavor.config[key];
    if (typeof path !== 'string' || shown.has(key)) {
      continue;
    }
    shown.add(key);
    const size = folder ? sizeOf(folder, path) : null;
    pairs.push([
      trans.__('File'),
      <>
        <span className="jp-Cellruns-modelCode">{path}</span>{' '}
        {folder && (
          <span
            className={
              size === null ? 'jp-Cellruns-modelWarn' : 'jp-Cellruns-modelFaint'
            }
          >
            {size === null ? trans.__('not in this folder') : formatBytes(size)}
          </span>
        )}
      </>
    ]);
  }
  // Nothing is dropped: keys that the table does not name stand below it as they are.
  const rest = Object.keys(flavor.config).filter(key => !shown.has(key));
  const empty = rest.filter(key => flavor.config[key] === null);
  rest.filter(key => flavor.config[key] !== null).forEach(key => add(key, key));
  if (empty.length) {
    pairs.push([
      trans.__('Not set'),
      <span className="jp-Cellruns-modelFaint">{empty.join(', ')}</span>
    ]);
  }
  const verdict = view.verdicts?.find(item => item.flavor === flavor.name);
  return (
    <section className="jp-Cellruns-modelFlavor" data-flavor={flavor.name}>
      <h3>
        {facts.label}
        {facts.label !== flavor.name && (
          <span className="jp-Cellruns-modelFaint"> {flavor.name}</span>
        )}
        {verdict && (
          <span
            className="jp-Cellruns-modelVerdict"
            data-verdict={verdict.verdict}
            title={verdict.reasons.join('\n')}
          >
            {verdictWords(verdict.verdict, trans)}
          </span>
        )}
      </h3>
      <p className="jp-Cellruns-modelFaint">{facts.about}</p>
      <Pairs pairs={distinct(pairs)} />
    </section>
  );
}

/** Two pairs of one name (two files) become one with both values. */
function distinct(
  pairs: [string, React.ReactNode][]
): [string, React.ReactNode][] {
  const merged = new Map<string, React.ReactNode[]>();
  pairs.forEach(([name, value]) =>
    merged.set(name, [...(merged.get(name) ?? []), value])
  );
  return [...merged].map(([name, values]) => [
    name,
    values.map((value, index) => <div key={index}>{value}</div>)
  ]);
}
