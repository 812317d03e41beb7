import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { clientPlugin } from './client/plugin';
import { modelsPlugin } from './models/plugin';
import { runsPlugin } from './runs/plugin';
import { sessionPlugin } from './session/plugin';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  clientPlugin,
  sessionPlugin,
  runsPlugin,
  modelsPlugin
];

export default plugins;
