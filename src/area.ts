import type { ILabShell } from '@jupyterlab/application';

/** Where our tabs go: a page of Notebook 7 has one main widget and takes no other, so there they go beside it. */
export function tabArea(labShell: ILabShell | null): 'main' | 'right' {
  return labShell ? 'main' : 'right';
}
