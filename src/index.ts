import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { clientPlugin } from './client/plugin';
import { runsPlugin } from './runs/plugin';
import { sessionPlugin } from './session/plugin';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  clientPlugin,
  sessionPlugin,
  runsPlugin
];

export default plugins;
