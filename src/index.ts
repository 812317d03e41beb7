import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { clientPlugin } from './client/plugin';
import { comparePlugin } from './compare/plugin';
import { modelsPlugin } from './models/plugin';
import { modelCardPlugin } from './modelcard/plugin';
import { registryPlugin } from './registry/plugin';
import { foldersPlugin } from './folders/plugin';
import { inlinePlugin } from './inline/plugin';
import { reattachPlugin } from './inline/reattachPlugin';
import { livePlugin } from './live/plugin';
import { pushPlugin } from './push/plugin';
import { runsPlugin } from './runs/plugin';
import { tablePlugin } from './table/plugin';
import { exportPlugin, projectsPlugin } from './projects/plugin';
import { wayBackPlugin } from './way-back/plugin';
import { sessionPlugin } from './session/plugin';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  clientPlugin,
  livePlugin,
  inlinePlugin,
  reattachPlugin,
  sessionPlugin,
  runsPlugin,
  tablePlugin,
  wayBackPlugin,
  pushPlugin,
  foldersPlugin,
  modelsPlugin,
  modelCardPlugin,
  registryPlugin,
  exportPlugin,
  projectsPlugin,
  comparePlugin
];

export default plugins;
