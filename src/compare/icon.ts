import { LabIcon } from '@jupyterlab/ui-components';

/** Two curves side by side. */
export const compareIcon = new LabIcon({
  name: 'cellruns:compare',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" width="16"><g class="jp-icon3" fill="none" stroke="#616161" stroke-width="1.5" stroke-linecap="round"><path d="M2 2v12h12"/><path d="M4 11c3 0 3-7 9-8"/><path d="M4 8c4 1 5 3 9 2" stroke-dasharray="2 2"/></g></svg>'
});
