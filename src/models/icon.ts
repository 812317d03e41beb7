import { LabIcon } from '@jupyterlab/ui-components';

/** A box: a model packed for use. */
export const modelIcon = new LabIcon({
  name: 'jupyterlab-cellruns:model',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16">
  <path class="jp-icon3 jp-icon-selectable" fill="#616161" d="M12 2 3 6.8v10.4L12 22l9-4.8V6.8Zm0 2.3L17.8 7.400 12 10.500 6.200 7.400ZM5 9l6 3.200v6.900l-6-3.200Zm8 10.100v-6.900L19 9v6.900Z"/>
</svg>`
});
