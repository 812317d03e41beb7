import * as React from 'react';

import { Button } from './parts';
import type { IVersion } from './registry';
import { ITrans } from '../text';
import type { IModelsClient, IStoredAddress } from './tokens';

/** Makes a version of a stored model: a name, known ones offered, and a description. */
export function RegisterForm(props: {
  client: Pick<IModelsClient, 'register' | 'registeredNames'>;
  trans: ITrans;
  model: IStoredAddress;
  onDone: (version: IVersion) => unknown;
}): React.JSX.Element {
  const { client, trans, model } = props;
  const [isOpen, setOpen] = React.useState(false);
  const [name, setName] = React.useState('');
  const [description, setDescription] = React.useState('');
  const [known, setKnown] = React.useState<string[]>([]);
  const [said, setSaid] = React.useState<{ text: string; bad: boolean } | null>(
    null
  );
  const [isBusy, setBusy] = React.useState(false);
  const list = React.useId();
  React.useEffect(() => {
    if (!isOpen) {
      return;
    }
    let isCurrent = true;
    client
      .registeredNames(name.trim(), model)
      .then(names => isCurrent && setKnown(names))
      .catch(() => undefined);
    return () => {
      isCurrent = false;
    };
  }, [client, isOpen, name, model.uri]);
  const register = async (): Promise<void> => {
    setBusy(true);
    setSaid(null);
    try {
      const version = await client.register(
        model,
        name.trim(),
        description.trim()
      );
      setSaid({
        text: trans.__('This is %1 version %2.', version.name, version.version),
        bad: false
      });
      setOpen(false);
      props.onDone(version);
    } catch (error) {
      setSaid({
        text: error instanceof Error ? error.message : String(error),
        bad: true
      });
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="jp-Cellruns-modelRegister">
      {!isOpen && (
        <Button
          label={trans.__('Register…')}
          title={trans.__('Make a version of a registered model of this model')}
          onClick={() => setOpen(true)}
        />
      )}
      {isOpen && (
        <form
          className="jp-Cellruns-modelBar"
          onSubmit={event => {
            event.preventDefault();
            void register();
          }}
          onKeyDown={event => {
            if (event.key === 'Escape') {
              event.stopPropagation();
              setOpen(false);
            }
          }}
        >
          <label>
            {trans.__('Name')}{' '}
            <input
              className="jp-Cellruns-modelField"
              autoFocus
              required
              list={list}
              value={name}
              onChange={event => setName(event.target.value)}
            />
            <datalist id={list}>
              {known.map(one => (
                <option key={one} value={one} />
              ))}
            </datalist>
          </label>
          <label>
            {trans.__('Description')}{' '}
            <input
              className="jp-Cellruns-modelField"
              value={description}
              onChange={event => setDescription(event.target.value)}
            />
          </label>
          <button
            type="submit"
            className="jp-Cellruns-modelButton"
            disabled={isBusy || !name.trim()}
          >
            {known.includes(name.trim())
              ? trans.__('Register a new version')
              : trans.__('Register')}
          </button>
          <Button label={trans.__('Cancel')} onClick={() => setOpen(false)} />
        </form>
      )}
      {said && (
        <p
          className={
            said.bad ? 'jp-Cellruns-modelProblem' : 'jp-Cellruns-modelFaint'
          }
          role={said.bad ? 'alert' : 'status'}
        >
          {said.text}
        </p>
      )}
    </div>
  );
}
