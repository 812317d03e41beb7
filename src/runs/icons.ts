import { LabIcon } from '@jupyterlab/ui-components';

/** The mark of Cellruns: a cell with a curve that runs through it. */
export const cellrunsIcon = new LabIcon({
  name: 'jupyterlab-cellruns:cellruns',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16">
  <g class="jp-icon3 jp-icon-selectable" fill="#616161">
    <path d="M4 3h16a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2Zm0 2v14h16V5Z"/>
    <path d="m5.7 7.7 1.6-.9c1.5 2.8 2.7 6.4 4.4 7.6.5.3.9.2 1.4-.4.9-1.1 1.6-3 3.1-3.4 1-.3 1.9.1 2.5.8l-1.4 1.3c-.3-.3-.5-.3-.7-.2-.7.2-1.4 2-2.1 2.8-1.1 1.3-2.5 1.7-3.9.8-2.2-1.4-3.5-5.7-4.9-8.4Z"/>
  </g>
</svg>`
});

/** Columns of a table. */
export const columnsIcon = new LabIcon({
  name: 'jupyterlab-cellruns:columns',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16">
  <path class="jp-icon3" fill="#616161" d="M4 4h16a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1Zm1 2v12h3.3V6Zm5.3 0v12h3.4V6Zm5.4 0v12H19V6Z"/>
</svg>`
});

/** Back to where one came from. */
export const backIcon = new LabIcon({
  name: 'jupyterlab-cellruns:back',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16">
  <path class="jp-icon3" fill="#616161" d="M20 11H7.83l5.59-5.59L12 4l-8 8 8 8 1.41-1.41L7.83 13H20Z"/>
</svg>`
});

/** Save a file on this computer. */
export const saveFileIcon = new LabIcon({
  name: 'jupyterlab-cellruns:save-file',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16">
  <path class="jp-icon3" fill="#616161" d="M11 4h2v8.2l3.1-3.1 1.4 1.4L12 16l-5.5-5.5 1.4-1.4 3.1 3.1ZM5 18h14v2H5Z"/>
</svg>`
});

/** A table in a tab of its own. */
export const tabIcon = new LabIcon({
  name: 'jupyterlab-cellruns:tab',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16">
  <path class="jp-icon3" fill="#616161" d="M5 4h6v2H5v13h13v-6h2v6a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2Zm9-1h7v7h-2V6.4l-8.3 8.3-1.4-1.4L17.6 5H14Z"/>
</svg>`
});

/** More to choose. */
export const moreIcon = new LabIcon({
  name: 'jupyterlab-cellruns:more',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16">
  <path class="jp-icon3" fill="#616161" d="M12 4a2 2 0 1 1 0 4 2 2 0 0 1 0-4Zm0 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4Zm0 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4Z"/>
</svg>`
});
