/** How an artifact can be shown inside the panel. */
export type PreviewKind = 'text' | 'json' | 'image' | 'table' | 'none';

/** Bytes of text that a preview fetches. */
export const PREVIEW_BYTES = 65536;
/** Rows of a table that a preview shows. */
export const PREVIEW_ROWS = 200;
/** Pictures above this size (bytes) are only offered for download. */
export const PREVIEW_IMAGE_BYTES = 20 * 1024 * 1024;

const IMAGES: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  bmp: 'image/bmp',
  svg: 'image/svg+xml'
};

const TEXTS = new Set(
  (
    'txt log md rst yaml yml toml ini cfg conf env py r jl js ts sh bash sql xml html htm css ' +
    'tex bib jsonl ndjson ipynb lock diff patch properties gitignore'
  ).split(' ')
);

/** Files without an extension that hold text. */
const TEXT_NAMES = new Set([
  'MLmodel',
  'MLproject',
  'LICENSE',
  'README',
  'Dockerfile',
  'Makefile'
]);

/** How an artifact of that path can be shown. HTML counts as text: it is shown as source only. */
export function previewKind(path: string): PreviewKind {
  const name = path.split('/').pop() ?? '';
  const extension = extensionOf(path);
  if (extension in IMAGES) {
    return 'image';
  }
  if (extension === 'csv' || extension === 'tsv') {
    return 'table';
  }
  if (extension === 'json') {
    return 'json';
  }
  return TEXTS.has(extension) || TEXT_NAMES.has(name) ? 'text' : 'none';
}

/** MIME type of a picture by its path, or undefined where it is none. */
export function imageType(path: string): string | undefined {
  return IMAGES[extensionOf(path)];
}

/** JSON with two spaces per level; what is no whole JSON comes back as it is. */
export function prettyJSON(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}

/** Rows of CSV or TSV text (RFC 4180 quoting), at most `limit` and the header. */
export function parseTable(
  text: string,
  separator: string,
  limit = PREVIEW_ROWS
): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  const endRow = () => {
    row.push(cell);
    if (row.length > 1 || row[0] !== '') {
      rows.push(row);
    }
    row = [];
    cell = '';
  };
  for (
    let i = text.startsWith('\ufeff') ? 1 : 0;
    i < text.length && rows.length <= limit;
    i++
  ) {
    const c = text[i];
    if (quoted) {
      if (c === '"' && text[i + 1] === '"') {
        cell += '"';
        i += 1;
      } else if (c === '"') {
        quoted = false;
      } else {
        cell += c;
      }
    } else if (c === '"' && cell === '') {
      quoted = true;
    } else if (c === separator) {
      row.push(cell);
      cell = '';
    } else if (c === '\n' || c === '\r') {
      if (c === '\r' && text[i + 1] === '\n') {
        i += 1;
      }
      endRow();
    } else {
      cell += c;
    }
  }
  if (rows.length <= limit && (cell !== '' || row.length > 0)) {
    endRow();
  }
  return rows;
}

function extensionOf(path: string): string {
  const name = path.split('/').pop() ?? '';
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1).toLowerCase();
}
