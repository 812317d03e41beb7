import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import type { IVersion } from '../models/registry';
import { formatBytes, ITrans } from '../text';
import type { ICardVerdict } from './judge';
import type { ICard, ICardModel } from './payload';

const OPEN_MODEL = 'cellruns:open-model';
const OPEN_RUN = 'cellruns:open-run';
const OPEN_REGISTRY = 'cellruns:open-model-registry';

/** What is known of a card's model beyond the output itself. */
export interface ICardNews {
  verdict?: ICardVerdict | null;
  versions?: IVersion[];
  /** Id of the store that they are in. */
  store?: string;
}

/** The models that a cell logged. */
export function Card(props: {
  card: ICard;
  news: ReadonlyMap<string, ICardNews>;
  commands: CommandRegistry;
  trans: ITrans;
}): React.JSX.Element {
  const { card, trans } = props;
  return (
    <>
      {card.models.map(model => (
        <Line
          key={model.modelId}
          {...props}
          model={model}
          news={props.news.get(model.modelId) ?? {}}
        />
      ))}
      {card.total > card.models.length && (
        <p className="jp-Cellruns-modelCardFaint">
          {trans.__('%1 more models', card.total - card.models.length)}
        </p>
      )}
    </>
  );
}

function Line(props: {
  model: ICardModel;
  news: ICardNews;
  commands: CommandRegistry;
  trans: ITrans;
}): React.JSX.Element {
  const { model, news, commands, trans } = props;
  const { uri, run } = model;
  const link = (
    command: string,
    args: Record<string, string | null>,
    label: string,
    title?: string
  ): React.JSX.Element =>
    model.attached && commands.hasCommand(command) ? (
      <button
        type="button"
        className="jp-Cellruns-modelCardLink"
        title={title}
        onClick={() => void commands.execute(command, args)}
      >
        {label}
      </button>
    ) : (
      <span>{label}</span>
    );
  const native = model.flavors.filter(name => name !== 'python_function');
  const versions: { name: string; version: string; aliases?: string[] }[] = [
    ...(news.versions ?? model.registered)
  ];
  return (
    <div
      className="jp-Cellruns-modelCard"
      role="group"
      aria-label={trans.__('Model %1', model.name)}
    >
      <div className="jp-Cellruns-modelCardHead">
        <strong>
          {uri
            ? link(
                OPEN_MODEL,
                { uri, run_id: run, store: news.store ?? null },
                model.name,
                trans.__('Open %1', uri)
              )
            : model.name}
        </strong>
        {(native.length > 0 ? native : model.flavors).map(name => (
          <span key={name} className="jp-Cellruns-modelBadge">
            {name}
          </span>
        ))}
        {news.verdict && (
          <span
            className="jp-Cellruns-modelVerdict"
            data-verdict={news.verdict.verdict}
            title={news.verdict.reasons}
          >
            {trans.__('In this kernel: %1', news.verdict.words)}
          </span>
        )}
      </div>
      <div
        className="jp-Cellruns-modelCardSignature"
        title={model.signature ?? ''}
      >
        {model.signature ?? (
          <span className="jp-Cellruns-modelCardFaint">
            {trans.__('no signature')}
          </span>
        )}
      </div>
      <div className="jp-Cellruns-modelCardFacts">
        {model.size !== null && <span>{formatBytes(model.size)}</span>}
        {run && (
          <span>
            {trans.__('run')}{' '}
            {link(
              OPEN_RUN,
              { run_id: run, store: news.store ?? null },
              model.runName ?? run,
              run
            )}
          </span>
        )}
        {versions.map(version => (
          <span key={`${version.name} ${version.version}`}>
            {link(
              OPEN_REGISTRY,
              {
                name: version.name,
                version: version.version,
                store: news.store ?? null
              },
              trans.__('%1 version %2', version.name, version.version)
            )}
            {version.aliases?.map(alias => (
              <span key={alias} className="jp-Cellruns-modelAlias">
                @{alias}
              </span>
            ))}
          </span>
        ))}
      </div>
    </div>
  );
}
