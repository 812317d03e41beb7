import type { IChartTheme } from '../charts/data';
import { colorOf, DASHES, dashOf } from '../charts/palette';

/** A picture of one plot. */
export interface IPlotPicture {
  readonly title: string;
  readonly svg: string;
  readonly width: number;
  readonly height: number;
}

const GAP = 16;
const TITLE = 20;
const LEGEND_ROW = 18;
const LEGEND_COLUMN = 220;

/** One SVG of several plots with their titles, and a legend of the runs. */
export function composeSVG(
  plots: readonly IPlotPicture[],
  legend: readonly { readonly name: string; readonly order: number }[],
  theme: IChartTheme
): string {
  if (plots.length === 0) {
    return '';
  }
  const columns = plots.length < 3 ? plots.length : plots.length < 5 ? 2 : 3;
  const width = Math.max(...plots.map(plot => plot.width));
  const height = Math.max(...plots.map(plot => plot.height)) + TITLE;
  const total = Math.max(LEGEND_COLUMN, columns * (width + GAP) - GAP);
  const perRow = Math.max(1, Math.floor(total / LEGEND_COLUMN));
  const top = Math.ceil(plots.length / columns) * (height + GAP);
  const bottom = Math.ceil(legend.length / perRow) * LEGEND_ROW;
  const text = (
    x: number,
    y: number,
    content: string,
    weight: string
  ): string =>
    `<text x="${x}" y="${y}" font-family="${escape(theme.font)}" font-size="12" font-weight="${weight}" fill="${escape(theme.text)}">${escape(content)}</text>`;
  const cells = plots.map((plot, i) => {
    const x = (i % columns) * (width + GAP);
    const y = Math.floor(i / columns) * (height + GAP);
    return (
      text(x + 4, y + 14, plot.title, '600') +
      plot.svg.replace('<svg ', `<svg x="${x}" y="${y + TITLE}" `)
    );
  });
  const names = legend.map(({ name, order }, i) => {
    const x = (i % perRow) * LEGEND_COLUMN;
    const y = top + Math.floor(i / perRow) * LEGEND_ROW;
    const dash = DASHES[dashOf(order)].join(' ');
    return (
      `<line x1="${x + 4}" x2="${x + 24}" y1="${y + 8}" y2="${y + 8}" stroke="${colorOf(order, theme.dark)}" stroke-width="2" stroke-dasharray="${dash}"/>` +
      text(x + 30, y + 12, name, '400')
    );
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${total}" height="${top + bottom}" viewBox="0 0 ${total} ${top + bottom}">` +
    `<rect width="100%" height="100%" fill="${theme.dark ? '#111111' : '#ffffff'}"/>` +
    cells.join('') +
    names.join('') +
    '</svg>'
  );
}

/** An SVG as PNG, twice as fine as the page. */
export async function toPNG(svg: string): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = 2 * image.width;
    canvas.height = 2 * image.height;
    const context = canvas.getContext('2d');
    if (!context) {
      throw new Error('this browser has no canvas');
    }
    context.scale(2, 2);
    context.drawImage(image, 0, 0);
    return await new Promise((resolve, reject) =>
      canvas.toBlob(
        blob =>
          blob ? resolve(blob) : reject(new Error('the picture is too large')),
        'image/png'
      )
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Text that may stand in XML. */
export function escape(text: string): string {
  return text.replace(
    /[&<>"']/g,
    c =>
      ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[
        c
      ] ?? c
  );
}
