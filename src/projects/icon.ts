import { LabIcon } from '@jupyterlab/ui-components';

/** A box that is opened: a project. */
export const projectIcon = new LabIcon({
  name: 'jupyterlab-cellruns:project',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16">
  <path class="jp-icon3 jp-icon-selectable" fill="#616161" d="M3 5h7l2 2h9v12H3Zm2 4v8h14V9Zm5 1.500 5 2.500-5 2.500Z"/>
</svg>`
});

/** An arrow out of a page. */
export const exportIcon = new LabIcon({
  name: 'jupyterlab-cellruns:export',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16">
  <path class="jp-icon3" fill="#616161" d="M4 4h8v2H6v12h8v-4h2v6H4Zm12 2 5 5-5 5v-4H9v-2h7Z"/>
</svg>`
});
