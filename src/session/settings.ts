import type { ISettingRegistry } from '@jupyterlab/settingregistry';

import type { IRunsClient, IUserSettings } from '../client/tokens';

const RERUNS = ['new', 'nested', 'resume'] as const;

/** What the settings say, in the server's terms. */
export function readSettings(
  composite: Record<string, unknown>
): IUserSettings {
  const mode = composite.experiment;
  const name =
    typeof composite.experimentName === 'string'
      ? composite.experimentName.trim()
      : '';
  const rerun = RERUNS.find(choice => choice === composite.rerun) ?? null;
  const fixed = mode === 'fixed' && name !== '';
  return {
    enabled: composite.enabled !== false,
    experiment_mode:
      mode === 'default' ? 'default' : fixed ? 'fixed' : 'notebook',
    experiment_name: fixed ? name : '',
    provenance: composite.provenance !== false,
    rerun
  };
}

/** Keeps the server told of what the settings say. */
export function followSettings(
  registry: ISettingRegistry,
  pluginId: string,
  client: IRunsClient,
  read: (settings: IUserSettings) => void,
  applied: () => void
): void {
  let sent = '';
  const send = (settings: ISettingRegistry.ISettings) => {
    const values = readSettings(settings.composite);
    const text = JSON.stringify(values);
    if (text === sent) {
      return;
    }
    sent = text;
    read(values);
    client
      .applySettings(values)
      .then(applied)
      .catch(() => {
        // The pill tells of a server that can't be reached; the next change tries again.
        sent = '';
      });
  };
  registry
    .load(pluginId)
    .then(settings => {
      send(settings);
      settings.changed.connect(send);
    })
    .catch((reason: unknown) => {
      console.error('Cellruns could not read its settings.', reason);
    });
}
