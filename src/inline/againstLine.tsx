import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { formatValue } from '../charts/format';
import { percentText } from '../compare/table';
import type { IAgainst } from './against';

/** Params and metrics that are named. */
const MOST = 3;

/** One line on what changed since the last run, and what it did. */
export function AgainstLine(props: {
  readonly against: IAgainst;
  readonly trans: TranslationBundle;
  /** Opens both runs side by side; null where that cannot be. */
  readonly onCompare: (() => void) | null;
}): JSX.Element {
  const { against, trans, onCompare } = props;
  const { changes, effects } = wordsOf(against, trans);
  const title = [changes, effects].join('\n');
  return (
    <div className="jp-Cellruns-inline-against" title={title}>
      <span className="jp-Cellruns-inline-fact">
        {trans.__('Against %1:', against.previous.name)}
      </span>
      <span className="jp-Cellruns-inline-changes">{changes}</span>
      {effects ? (
        <span className="jp-Cellruns-inline-effects">→ {effects}</span>
      ) : null}
      {onCompare ? (
        <button
          type="button"
          className="jp-Cellruns-textButton"
          onClick={onCompare}
        >
          {trans.__('Compare')}
        </button>
      ) : null}
    </div>
  );
}

/** The words of the line: what changed, and what it did. */
export function wordsOf(
  against: IAgainst,
  trans: TranslationBundle
): { changes: string; effects: string } {
  const { params, code, metrics } = against;
  const none = trans.__('none');
  const named = params
    .slice(0, MOST)
    .map(p => `${p.key} ${p.before ?? none} → ${p.after ?? none}`);
  if (params.length > MOST) {
    named.push(trans.__('%1 more params', params.length - MOST));
  }
  if (code && code.added + code.removed > 0) {
    named.push(trans.__('code +%1 −%2 lines', code.added, code.removed));
  }
  const changes =
    named.length > 0
      ? named.join(', ') +
        (code === null ? ` (${trans.__('code not known')})` : '')
      : code === null
        ? trans.__('same params, code not known')
        : trans.__('same params and code');
  const size = (m: IAgainst['metrics'][number]): number =>
    Math.abs(m.percent ?? 0);
  const shown = [...metrics].sort((a, b) => size(b) - size(a)).slice(0, MOST);
  const effects = shown.map(
    m =>
      `${m.key} ${formatValue(m.before)} → ${formatValue(m.after)}` +
      (m.percent === null || m.percent === 0
        ? ''
        : ` (${percentText(m.percent)})`)
  );
  if (metrics.length > MOST) {
    effects.push(trans.__('%1 more metrics', metrics.length - MOST));
  }
  return { changes, effects: effects.join(', ') };
}
