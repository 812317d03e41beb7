import { PathExt } from '@jupyterlab/coreutils';
import { Contents } from '@jupyterlab/services';

/** A file of a model. */
export interface IModelPart {
  /** Path inside the model's folder. */
  path: string;
  isDirectory: boolean;
  /** Bytes; null where the server does not say. */
  size: number | null;
}

/** The files of a model. */
export interface IModelFolder {
  parts: IModelPart[];
  /** Bytes of all files that were listed. */
  size: number;
  /** More files than were listed. */
  isCut: boolean;
}

/** Most files and requests for one model; nothing is read, only listed. */
const MAX_PARTS = 500;
const MAX_FOLDERS = 40;

/** Lists the files below a folder, breadth first and a level at a time, without reading any. */
export async function listFolder(
  contents: Contents.IManager,
  folder: string
): Promise<IModelFolder> {
  const parts: IModelPart[] = [];
  let level = [''];
  let left = MAX_FOLDERS;
  let isCut = false;
  while (level.length > 0 && left > 0 && parts.length < MAX_PARTS) {
    const asked = level.slice(0, left);
    isCut = isCut || asked.length < level.length;
    left -= asked.length;
    level = [];
    const listings = await Promise.all(
      asked.map(below =>
        contents.get(PathExt.join(folder, below), {
          content: true,
          type: 'directory'
        })
      )
    );
    for (const [index, listing] of listings.entries()) {
      const items = (listing.content as Contents.IModel[]).sort((a, b) =>
        a.name.localeCompare(b.name)
      );
      for (const item of items) {
        if (parts.length === MAX_PARTS) {
          isCut = true;
          break;
        }
        const below = asked[index];
        const path = below ? `${below}/${item.name}` : item.name;
        const isDirectory = item.type === 'directory';
        parts.push({
          path,
          isDirectory,
          size: isDirectory ? null : (item.size ?? null)
        });
        if (isDirectory) {
          level.push(path);
        }
      }
    }
  }
  isCut = isCut || level.length > 0;
  return {
    parts,
    size: parts.reduce((sum, part) => sum + (part.size ?? 0), 0),
    isCut
  };
}

/** Bytes of a file, or of all files below a folder; null where it is not there. */
export function sizeOf(folder: IModelFolder, path: string): number | null {
  // Code of a model is written down with the path it came from, and lies in the folder by its last name.
  const name = path.startsWith('/')
    ? PathExt.basename(path)
    : path.replace(/^\.\//, '').replace(/\/$/, '');
  const found = folder.parts.filter(
    part => part.path === name || part.path.startsWith(`${name}/`)
  );
  return found.length
    ? found.reduce((sum, part) => sum + (part.size ?? 0), 0)
    : null;
}

/** Text of a file of the model, or null where it is absent or larger than `limit` bytes. */
export async function readText(
  contents: Contents.IManager,
  root: string,
  folder: IModelFolder,
  path: string,
  limit: number
): Promise<string | null> {
  const part = folder.parts.find(
    item => item.path === path && !item.isDirectory
  );
  if (!part || (part.size ?? 0) > limit) {
    return null;
  }
  const file = await contents.get(PathExt.join(root, path), {
    content: true,
    type: 'file',
    format: 'text'
  });
  return typeof file.content === 'string' ? file.content : null;
}
