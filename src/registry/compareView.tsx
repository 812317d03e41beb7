import * as React from 'react';

import { differs } from './compare';
import type { RegistryModel } from './model';

/** Two versions side by side. */
export function Comparison(props: {
  model: RegistryModel;
}): React.JSX.Element | null {
  const { model } = props;
  const { trans, comparison, picked } = model;
  const [all, setAll] = React.useState(false);
  if (!comparison) {
    return null;
  }
  const [left, right] = [...picked].sort((a, b) => Number(a) - Number(b));
  const parts = comparison
    .map(part => ({
      title: part.title,
      lines: all ? part.lines : part.lines.filter(differs)
    }))
    .filter(part => part.lines.length > 0);
  return (
    <section
      className="jp-Cellruns-registryCompare"
      aria-label={trans.__('Comparison')}
    >
      <div className="jp-Cellruns-modelBar">
        <h3>{trans.__('Version %1 and version %2', left, right)}</h3>
        <label>
          <input
            type="checkbox"
            checked={all}
            onChange={event => setAll(event.target.checked)}
          />{' '}
          {trans.__('Show what is equal too')}
        </label>
      </div>
      {parts.length === 0 && (
        <p className="jp-Cellruns-modelFaint">
          {trans.__('The two versions do not differ.')}
        </p>
      )}
      {parts.map(part => (
        <div key={part.title} className="jp-Cellruns-modelScroll">
          <table className="jp-Cellruns-modelTable">
            <thead>
              <tr>
                <th scope="col">{part.title}</th>
                <th scope="col">{trans.__('Version %1', left)}</th>
                <th scope="col">{trans.__('Version %1', right)}</th>
              </tr>
            </thead>
            <tbody>
              {part.lines.map(line => (
                <tr key={line.name} data-differs={differs(line)}>
                  <th scope="row">{line.name}</th>
                  <td>{line.left ?? '–'}</td>
                  <td>{line.right ?? '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ))}
    </section>
  );
}
