import * as React from 'react';

import { RunsError } from '../client/errors';
import type { IArtifact, IRunBrief } from '../client/tokens';
import { imageType, parseTable, prettyJSON } from '../runs/preview';
import {
  type IArtifactSeries,
  listArtifacts,
  pathAt,
  seriesOfArtifacts,
  tableOfJSON
} from './artifacts';
import { useCompare } from './context';
import { Choice, Empty, Swatch } from './parts';

const MAX_TEXT = 262_144;

/** Pictures, tables and texts of the runs side by side, step by step. */
export function ArtifactsView(): JSX.Element {
  const { model, trans } = useCompare();
  const { shown } = model;
  const ids = shown.map(run => run.run.run_id).join();
  const [files, setFiles] = React.useState<ReadonlyMap<
    string,
    readonly IArtifact[]
  > | null>(null);
  const [error, setError] = React.useState<RunsError | null>(null);
  const [chosen, setChosen] = React.useState('');
  const [place, setPlace] = React.useState(Infinity);
  React.useEffect(() => {
    let gone = false;
    setError(null);
    Promise.all(
      shown.map(
        async ({ run }) =>
          [run.run_id, await listArtifacts(model.client, run.run_id)] as const
      )
    ).then(
      all => gone || setFiles(new Map(all)),
      reason => gone || setError(RunsError.from(reason))
    );
    return () => {
      gone = true;
    };
  }, [ids]);
  if (error) {
    return <Empty title={error.message} text={error.hint || undefined} alert />;
  }
  if (!files) {
    return (
      <p className="jp-Cellruns-compare-hint" role="status">
        {trans.__('Looking for artifacts…')}
      </p>
    );
  }
  const all = seriesOfArtifacts(files);
  const one = all.find(series => series.name === chosen) ?? all[0];
  if (!one) {
    return (
      <Empty
        title={trans.__('No artifacts to show')}
        text={trans.__(
          'None of these runs has pictures, tables or texts among its artifacts.'
        )}
      />
    );
  }
  const at = Math.min(place, one.steps.length - 1);
  const step = one.steps[at];
  return (
    <>
      <div className="jp-Cellruns-compare-tools">
        <Choice
          label={trans.__('Artifact')}
          value={one.name}
          onChange={name => {
            setChosen(name);
            setPlace(Infinity);
          }}
        >
          {all.map(series => (
            <option key={series.name}>{series.name}</option>
          ))}
        </Choice>
        {one.steps.length > 1 ? (
          <label className="jp-Cellruns-compare-steps">
            {trans.__('Step')}
            <input
              type="range"
              min={0}
              max={one.steps.length - 1}
              value={at}
              aria-valuetext={String(step)}
              onChange={event => setPlace(Number(event.target.value))}
            />
            <output>{step}</output>
          </label>
        ) : null}
      </div>
      <div className="jp-Cellruns-compare-side">
        {shown.map(run => (
          <Shown key={run.run.run_id} run={run} series={one} step={step} />
        ))}
      </div>
    </>
  );
}

type Content =
  | { kind: 'image'; url: string }
  | { kind: 'table'; rows: string[][] }
  | { kind: 'text'; text: string }
  | { kind: 'error'; text: string };

function Shown(props: {
  readonly run: IRunBrief;
  readonly series: IArtifactSeries;
  readonly step: number;
}): JSX.Element {
  const { model, trans } = useCompare();
  const { run, series, step } = props;
  const id = run.run.run_id;
  const found = pathAt(series.paths.get(id), step);
  const path = found?.path ?? null;
  const [content, setContent] = React.useState<Content | null>(null);
  React.useEffect(() => {
    let gone = false;
    let url = '';
    const load = async (wanted: string): Promise<Content> => {
      const { client } = model;
      if (series.kind === 'image') {
        const blob = await client.artifactBlob(id, wanted);
        const type = imageType(wanted);
        url = URL.createObjectURL(type ? new Blob([blob], { type }) : blob);
        return { kind: 'image', url };
      }
      const text = await client.artifactText(id, wanted, MAX_TEXT);
      if (series.kind === 'table') {
        const tab = wanted.endsWith('.tsv');
        return { kind: 'table', rows: parseTable(text, tab ? '\t' : ',') };
      }
      const rows = series.kind === 'json' ? tableOfJSON(text) : null;
      return rows
        ? { kind: 'table', rows }
        : {
            kind: 'text',
            text: series.kind === 'json' ? prettyJSON(text) : text
          };
    };
    if (path === null) {
      setContent(null);
    } else {
      load(path).then(
        loaded => gone || setContent(loaded),
        reason =>
          gone ||
          setContent({ kind: 'error', text: RunsError.from(reason).message })
      );
    }
    return () => {
      gone = true;
      if (url) {
        URL.revokeObjectURL(url);
      }
    };
  }, [id, path, series.kind]);
  return (
    <figure className="jp-Cellruns-compare-artifact">
      <figcaption title={path ?? undefined}>
        <Swatch order={model.orderOf(id)} /> {run.run.name}
        {found && series.steps.length > 1 ? (
          <span className="jp-Cellruns-compare-faint">
            {' '}
            {trans.__('step %1', found.step)}
          </span>
        ) : null}
      </figcaption>
      {path === null ? (
        <p className="jp-Cellruns-compare-faint">
          {trans.__('This run has none.')}
        </p>
      ) : content?.kind === 'image' ? (
        <img
          src={content.url}
          alt={trans.__('%1 of %2', series.name, run.run.name)}
        />
      ) : content?.kind === 'table' ? (
        <div
          className="jp-Cellruns-compare-scroll"
          tabIndex={0}
          role="region"
          aria-label={trans.__('%1 of %2', series.name, run.run.name)}
        >
          <table className="jp-Cellruns-compare-table">
            <thead>
              <tr>
                {content.rows[0]?.map((head, i) => (
                  <th scope="col" key={i}>
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {content.rows.slice(1).map((row, i) => (
                <tr key={i}>
                  {row.map((cell, j) => (
                    <td key={j}>{cell}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : content?.kind === 'text' ? (
        <pre tabIndex={0}>{content.text}</pre>
      ) : content?.kind === 'error' ? (
        <p role="alert">{content.text}</p>
      ) : null}
    </figure>
  );
}
