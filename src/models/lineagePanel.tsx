import { PathExt } from '@jupyterlab/coreutils';
import * as React from 'react';

import { ModelView } from './model';
import { Button, Pairs, Section } from './parts';
import { hasStage, versionURI } from './registry';
import { RegisterForm } from './registerForm';
import { IStoredAddress, LinkCommands } from './tokens';

/** Where the model comes from and where it went, each a link. */
export function LineagePanel(props: {
  view: ModelView;
}): React.JSX.Element | null {
  const { view } = props;
  const { trans, lineage, runId, modelId, host } = view;
  const { run, versions } = lineage;
  const isStored = view.source?.stored !== null;
  if (!runId && !modelId && !isStored) {
    return null;
  }
  const pairs: [string, React.ReactNode][] = [];
  if (runId) {
    pairs.push([
      trans.__('Run'),
      run ? (
        <>
          <Link
            view={view}
            command={LinkCommands.openRun}
            args={{ run_id: runId, store: lineage.store }}
            label={run.run.name || runId}
          />{' '}
          <span className="jp-Cellruns-modelFaint">
            {trans.__('in %1', run.run.experiment_name)}
          </span>
        </>
      ) : (
        <>
          <span className="jp-Cellruns-modelCode">{runId}</span>{' '}
          {lineage.runError && (
            <span className="jp-Cellruns-modelFaint">
              {trans.__('not in this store')}
            </span>
          )}
        </>
      )
    ]);
  }
  if (run?.run.notebook) {
    const { notebook, cell_id, execution_count } = run.run;
    pairs.push([
      trans.__('Notebook'),
      <>
        <Link
          view={view}
          command={LinkCommands.openDocument}
          args={{ path: notebook }}
          label={notebook}
        />
        {cell_id && (
          <>
            {' · '}
            <Link
              view={view}
              command={LinkCommands.goToCell}
              args={{ path: notebook, cell_id }}
              label={
                execution_count === null
                  ? trans.__('cell')
                  : trans.__('cell [%1]', execution_count)
              }
            />
          </>
        )}
      </>
    ]);
  }
  if (run && run.datasets.length > 0) {
    pairs.push([
      trans.__('Datasets'),
      <Datasets view={view} datasets={run.datasets} />
    ]);
  }
  const { project } = lineage;
  if (project) {
    const { uri, folder } = project;
    pairs.push([
      trans.__('Project'),
      <>
        {folder !== null && folder !== undefined ? (
          <Link
            view={view}
            command={LinkCommands.openDocument}
            args={{ path: PathExt.join(folder, 'MLproject') }}
            label={folder === '.' ? uri : folder}
          />
        ) : /^[a-z+]+:|^git@/.test(uri) ? (
          <Link
            view={view}
            command={LinkCommands.openProjects}
            args={{ uri, version: project.commit }}
            label={uri}
          />
        ) : (
          <span className="jp-Cellruns-modelCode">{uri}</span>
        )}{' '}
        <span className="jp-Cellruns-modelFaint">
          {[project.entryPoint, project.commit?.slice(0, 10)]
            .filter(Boolean)
            .join(' · ')}
        </span>
      </>
    ]);
  }
  const siblings = run?.models.filter(m => m.model_id !== modelId) ?? [];
  if (siblings.length > 0) {
    pairs.push([
      trans.__('Other models of the run'),
      <ul className="jp-Cellruns-modelLinks">
        {siblings.map(model => (
          <li key={model.model_id}>
            <Link
              view={view}
              command={LinkCommands.openModel}
              args={{
                uri: `models:/${model.model_id}`,
                run_id: runId,
                store: lineage.store
              }}
              label={model.name ?? model.model_id}
            />
          </li>
        ))}
      </ul>
    ]);
  }
  const stored = storedAddress(view);
  if (run || isStored) {
    pairs.push([
      trans.__('Registered'),
      <>
        {versions.length > 0 && (
          <ul className="jp-Cellruns-modelLinks">
            {versions.map(version => (
              <li key={versionURI(version)}>
                <Link
                  view={view}
                  command={LinkCommands.openRegistry}
                  args={{
                    name: version.name,
                    version: version.version,
                    store: lineage.store
                  }}
                  label={trans.__(
                    '%1 version %2',
                    version.name,
                    version.version
                  )}
                />
                {version.aliases?.map(alias => (
                  <span key={alias} className="jp-Cellruns-modelAlias">
                    @{alias}
                  </span>
                ))}
                {hasStage(version) && (
                  <span className="jp-Cellruns-modelAlias">
                    {version.current_stage}
                  </span>
                )}
              </li>
            ))}
          </ul>
        )}
        {stored && (
          <RegisterForm
            client={host.client}
            trans={trans}
            model={stored}
            onDone={() => lineage.loadVersions()}
          />
        )}
      </>
    ]);
  }
  return (
    <Section title={trans.__('Lineage')}>
      <Pairs pairs={pairs} />
    </Section>
  );
}

/** URI by which the store can register this model; null for a folder that no run knows. */
function storedAddress(view: ModelView): IStoredAddress | null {
  const { source, modelId, lineage } = view;
  if (source && 'uri' in source.address) {
    return source.address;
  }
  return modelId && lineage.run
    ? { uri: `models:/${modelId}`, run: lineage.run.run.run_id }
    : null;
}

function Datasets(props: {
  view: ModelView;
  datasets: {
    name: string;
    digest: string;
    context?: string | null;
    source_type?: string | null;
  }[];
}): React.JSX.Element {
  const { view } = props;
  const { trans, lineage } = view;
  return (
    <ul className="jp-Cellruns-modelLinks">
      {props.datasets.map(({ name, digest, context, source_type }) => {
        const uses = lineage.uses.get(`${name} ${digest}`);
        return (
          <li key={`${name} ${digest}`}>
            <button
              type="button"
              className="jp-Cellruns-modelLink"
              aria-expanded={uses !== undefined}
              title={trans.__('Runs and models that read this dataset')}
              onClick={() => void lineage.ask(name, digest)}
            >
              {name}
            </button>{' '}
            <span className="jp-Cellruns-modelFaint">
              {[context, digest, source_type].filter(Boolean).join(' · ')}
            </span>
            {uses === 'asking' && <p>{trans.__('Looking…')}</p>}
            {uses instanceof Error && (
              <p className="jp-Cellruns-modelProblem">{uses.message}</p>
            )}
            {Array.isArray(uses) && (
              <ul className="jp-Cellruns-modelLinks">
                {uses.map(use => (
                  <li key={use.run_id}>
                    <Link
                      view={view}
                      command={LinkCommands.openRun}
                      args={{ run_id: use.run_id, store: lineage.store }}
                      label={use.name || use.run_id}
                    />
                    {use.models.map((id, index) => (
                      <React.Fragment key={id}>
                        {' · '}
                        <Link
                          view={view}
                          command={LinkCommands.openModel}
                          args={{
                            uri: `models:/${id}`,
                            run_id: use.run_id,
                            store: lineage.store
                          }}
                          label={
                            use.models.length === 1
                              ? trans.__('model')
                              : trans.__('model %1', index + 1)
                          }
                        />
                      </React.Fragment>
                    ))}
                  </li>
                ))}
              </ul>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function Link(props: {
  view: ModelView;
  command: string;
  args: Record<string, string | null>;
  label: string;
}): React.JSX.Element {
  const { host } = props.view;
  return host.has(props.command) ? (
    <Button
      isLink
      label={props.label}
      onClick={() => host.execute(props.command, props.args)}
    />
  ) : (
    <span className="jp-Cellruns-modelCode">{props.label}</span>
  );
}
