import { Clipboard, MainAreaWidget } from '@jupyterlab/apputils';
import type { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import { RunsClient } from '../client/client';
import { cellrunsIcon } from '../runs/icons';
import type { IFolder } from './tokens';
import { FolderWidget } from './view';

/** The runs of a folder in a tab, and a bar that says what it is. */
export function makeFolderTab(options: {
  folder: IFolder;
  serverSettings: ServerConnection.ISettings;
  commands: CommandRegistry;
  trans: TranslationBundle;
  migrate: () => void;
}): MainAreaWidget<FolderWidget> {
  const { folder, serverSettings, commands, trans } = options;
  const client = new RunsClient({ serverSettings, trans, store: folder.id });
  const content = new FolderWidget({
    client,
    trans,
    commands,
    folder,
    migrate: options.migrate,
    copy: text => Clipboard.copyToSystem(text)
  });
  const tab = new MainAreaWidget({ content });
  tab.id = `jp-cellruns-folder-${folder.id}`;
  tab.title.label = folder.label;
  tab.title.icon = cellrunsIcon;
  tab.title.caption = folder.location;
  tab.title.closable = true;
  tab.toolbar.hide();
  tab.disposed.connect(() => client.dispose());
  return tab;
}
