import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import { Button } from '../models/parts';
import {
  hasStage,
  type IRegisteredModel,
  type IVersion,
  versionURI
} from '../models/registry';
import { EditText, Tags } from './edit';
import type { RegistryModel } from './model';

const OPEN_MODEL = 'cellruns:open-model';
const OPEN_RUN = 'cellruns:open-run';

/** A registered model: description, tags, and its versions. */
export function Details(props: {
  model: RegistryModel;
  chosen: IRegisteredModel;
  commands: CommandRegistry;
}): React.JSX.Element {
  const { model, chosen, commands } = props;
  const { trans, client, versions, picked } = model;
  const { name } = chosen;
  const stages = versions.some(hasStage);
  return (
    <>
      <h2>{name}</h2>
      <EditText
        key={name}
        label={trans.__('Description of %1', name)}
        text={chosen.description ?? ''}
        placeholder={trans.__('No description')}
        trans={trans}
        save={text => model.change(() => client.describe(name, null, text))}
      />
      <Tags
        tags={chosen.tags ?? []}
        trans={trans}
        add={(key, value) =>
          model.change(() => client.setTag(name, null, { key, value }))
        }
        remove={key => model.change(() => client.removeTag(name, null, key))}
      />
      <div className="jp-Cellruns-modelBar">
        <h3>{trans.__('Versions (%1)', versions.length)}</h3>
        <Button
          label={trans.__('Compare')}
          isDisabled={picked.length !== 2 || model.isBusy}
          title={trans.__('Tick two versions')}
          onClick={() => void model.compare()}
        />
      </div>
      <div
        className="jp-Cellruns-modelScroll"
        role="region"
        tabIndex={0}
        aria-label={trans.__('Versions of %1', name)}
      >
        <table className="jp-Cellruns-modelTable jp-Cellruns-versions">
          <thead>
            <tr>
              <th scope="col">
                <span className="jp-Cellruns-registryHidden">
                  {trans.__('Compare')}
                </span>
              </th>
              <th scope="col">{trans.__('Version')}</th>
              <th scope="col">{trans.__('Aliases')}</th>
              {stages && <th scope="col">{trans.__('Stage')}</th>}
              <th scope="col">{trans.__('Run')}</th>
              <th scope="col">{trans.__('Created')}</th>
              <th scope="col">{trans.__('Description and tags')}</th>
            </tr>
          </thead>
          <tbody>
            {versions.map(version => (
              <Row
                key={version.version}
                model={model}
                version={version}
                stages={stages}
                commands={commands}
              />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Row(props: {
  model: RegistryModel;
  version: IVersion;
  stages: boolean;
  commands: CommandRegistry;
}): React.JSX.Element {
  const { model, version, commands } = props;
  const { trans, client } = model;
  const { name, version: number, run_id } = version;
  const isBad =
    version.status !== undefined &&
    version.status !== 'READY' &&
    version.status !== 'PENDING_REGISTRATION';
  return (
    <tr data-marked={model.marked === number}>
      <td>
        <input
          type="checkbox"
          aria-label={trans.__('Compare version %1', number)}
          checked={model.picked.includes(number)}
          onChange={() => model.pick(number)}
        />
      </td>
      <td>
        <Button
          isLink
          label={trans.__('Version %1', number)}
          title={trans.__('Open %1', versionURI(version))}
          onClick={() =>
            void commands.execute(OPEN_MODEL, {
              uri: versionURI(version),
              store: model.storeId
            })
          }
        />
        {isBad && (
          <div className="jp-Cellruns-modelProblem">
            {version.status_message || version.status}
          </div>
        )}
      </td>
      <td>
        <Aliases model={model} version={version} />
      </td>
      {props.stages && (
        <td className="jp-Cellruns-versionStage">{version.current_stage}</td>
      )}
      <td>
        {run_id ? (
          <Button
            isLink
            label={trans.__('run %1', run_id.slice(0, 8))}
            title={run_id}
            onClick={() =>
              void commands.execute(OPEN_RUN, {
                run_id,
                store: model.storeId
              })
            }
          />
        ) : (
          <span className="jp-Cellruns-modelFaint">
            {trans.__('in the model')}
          </span>
        )}
      </td>
      <td>
        {version.creation_timestamp
          ? new Date(Number(version.creation_timestamp)).toLocaleString()
          : ''}
      </td>
      <td>
        <EditText
          label={trans.__('Description of version %1', number)}
          text={version.description ?? ''}
          placeholder={trans.__('No description')}
          trans={trans}
          save={text => model.change(() => client.describe(name, number, text))}
        />
        <Tags
          tags={version.tags ?? []}
          trans={trans}
          add={(key, value) =>
            model.change(() => client.setTag(name, number, { key, value }))
          }
          remove={key =>
            model.change(() => client.removeTag(name, number, key))
          }
        />
      </td>
    </tr>
  );
}

function Aliases(props: {
  model: RegistryModel;
  version: IVersion;
}): React.JSX.Element {
  const { model, version } = props;
  const { trans, client, chosen } = model;
  const { name, version: number } = version;
  const [text, setText] = React.useState('');
  const list = React.useId();
  const others = (chosen?.aliases ?? []).filter(
    alias => String(alias.version) !== number
  );
  const alias = text.trim().replace(/^@/, '');
  const moves = others.find(one => one.alias === alias);
  return (
    <div className="jp-Cellruns-registryAliases">
      {version.aliases?.map(one => (
        <span key={one} className="jp-Cellruns-modelAlias">
          @{one}
          <button
            type="button"
            aria-label={trans.__('Remove the alias %1', one)}
            onClick={() =>
              void model.change(() => client.removeAlias(name, one))
            }
          >
            ×
          </button>
        </span>
      ))}
      <form
        onSubmit={event => {
          event.preventDefault();
          void model
            .change(() => client.setAlias(name, alias, number))
            .then(done => done && setText(''));
        }}
      >
        <input
          className="jp-Cellruns-modelField"
          size={10}
          list={list}
          placeholder={trans.__('alias')}
          aria-label={trans.__('New alias of version %1', number)}
          value={text}
          onChange={event => setText(event.target.value)}
        />
        <datalist id={list}>
          {others.map(one => (
            <option key={one.alias} value={one.alias}>
              {trans.__('now version %1', one.version)}
            </option>
          ))}
        </datalist>
        {alias && (
          <button type="submit" className="jp-Cellruns-modelButton">
            {moves
              ? trans.__('Move here from version %1', moves.version)
              : trans.__('Set')}
          </button>
        )}
      </form>
    </div>
  );
}
