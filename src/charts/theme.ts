import type { IChartTheme } from './data';

/** Colours and font that the page gives to a node. */
export function themeOf(node: HTMLElement): IChartTheme {
  const style = getComputedStyle(node.isConnected ? node : document.body);
  const variable = (name: string, otherwise: string): string =>
    style.getPropertyValue(name).trim() || otherwise;
  return {
    dark: document.body.dataset.jpThemeLight === 'false',
    text: variable('--jp-content-font-color1', '#333'),
    faint: variable('--jp-content-font-color2', '#666'),
    grid: variable('--jp-border-color2', '#ccc'),
    font: variable('--jp-ui-font-family', 'sans-serif')
  };
}
