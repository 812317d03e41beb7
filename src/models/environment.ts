import { JSONValue } from '../yaml/json';
import { english, ITrans } from '../text';
import {
  DescriptorError,
  INotice,
  readYAML,
  toJSON,
  YAMLNode
} from '../yaml/tree';

/** One line of an environment file. */
export interface IRequirement {
  /** The line as it stands, without comment. */
  text: string;
  /** Who installs it; `option` is a line such as `-r base.txt` that names no package. */
  source: 'pip' | 'conda' | 'option';
  /** As written; null for options, paths and addresses without a name. */
  name: string | null;
  extras: string[];
  /** PEP 440 specifier without blanks (`==1.4.2`, `>=1,<2`), or empty. */
  specifier: string;
  /** Environment marker after `;`, or null. */
  marker: string | null;
  /** Address or path that the package comes from, or null. */
  url: string | null;
  /** Line in the file, from 1. */
  line: number;
}

/** What conda.yaml, python_env.yaml or requirements.txt ask for. */
export interface IEnvironment {
  name: string | null;
  /** Version or specifier of Python: `3.11.7`, `>=3.9`; null where any will do. */
  python: string | null;
  channels: string[];
  build: IRequirement[];
  requirements: IRequirement[];
  /** Keys that this reader does not know. */
  unknown: { key: string; value: JSONValue }[];
  notices: INotice[];
}

const NAME =
  /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?\s*(.*)$/;
const SPECIFIER =
  /^\(?\s*((?:===|==|~=|!=|<=|>=|<|>)\s*[^\s,;()]+(?:\s*,\s*(?:===|==|~=|!=|<=|>=|<|>)\s*[^\s,;()]+)*)\s*\)?$/;

/** Reads one requirement as pip does; the text must be one logical line. */
export function parseRequirement(raw: string, line = 1): IRequirement {
  const text = raw.replace(/(^|\s)#.*$/, '').trim();
  const found = {
    text,
    source: 'pip',
    name: null,
    extras: [],
    specifier: '',
    marker: null,
    url: null,
    line
  } as IRequirement;
  if (text.startsWith('-') && !/^(-e|--editable)\b/.test(text)) {
    return { ...found, source: 'option' };
  }
  const bare = text
    .replace(/^(-e|--editable)[\s=]+/, '')
    .replace(/\s--(hash|config-settings|global-option)[= ].*$/, '');
  if (/^([a-z+]+:\/\/|git\+|[.~/\\]|[A-Za-z]:[\\/])/.test(bare)) {
    const egg = /[#&]egg=([A-Za-z0-9._-]+)/.exec(raw);
    return { ...found, url: bare, name: egg ? egg[1] : null };
  }
  const match = NAME.exec(bare);
  if (!match) {
    return { ...found, url: bare };
  }
  const [, name, extras, tail] = match;
  if (tail.startsWith('@')) {
    const [url, marker] = splitMarker(tail.slice(1), /\s;/);
    return { ...found, name, extras: splitExtras(extras), url, marker };
  }
  const [specifier, marker] = splitMarker(tail, /;/);
  const spec = SPECIFIER.exec(specifier);
  if (specifier && !spec) {
    return { ...found, url: bare };
  }
  return {
    ...found,
    name,
    extras: splitExtras(extras),
    marker,
    specifier: spec ? spec[1].replace(/\s+/g, '') : ''
  };
}

/** Reads one conda dependency: `numpy`, `numpy=1.19`, `numpy=1.19=py38_0`, `conda-forge::numpy>=1`. */
export function parseCondaSpec(raw: string, line = 1): IRequirement {
  const text = raw.trim();
  const bare = text.replace(/^[^\s=<>!]+::/, '');
  const match = /^([A-Za-z0-9._-]+)\s*(?:\[[^\]]*\])?\s*(.*)$/.exec(bare);
  const base = {
    text,
    source: 'conda',
    extras: [],
    marker: null,
    url: null,
    line
  } as const;
  if (!match) {
    return { ...base, extras: [], name: null, specifier: '' };
  }
  const [, name, constraint] = match;
  const exact = /^=(?!=)\s*([^=\s]+)(=\S+)?$/.exec(constraint);
  // One "=" asks for a prefix of the version, with a build string for exactly that version.
  const specifier = exact
    ? exact[2] || exact[1].endsWith('*')
      ? `==${exact[1]}`
      : `==${exact[1]}.*`
    : '';
  const pep = SPECIFIER.exec(constraint.replace(/\s+\S*$/, ''));
  return {
    ...base,
    extras: [],
    name,
    specifier: specifier || (pep ? pep[1].replace(/\s+/g, '') : '')
  };
}

/** Reads requirements.txt. */
export function parseRequirements(
  text: string,
  trans: ITrans = english
): IEnvironment {
  const environment = empty();
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/);
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1;
    let logical = lines[index];
    while (/\\\s*$/.test(logical) && index + 1 < lines.length) {
      logical = logical.replace(/\\\s*$/, ' ') + lines[++index].trim();
    }
    if (logical.trim() === '' || logical.trim().startsWith('#')) {
      continue;
    }
    if (logical.length > 4000) {
      environment.notices.push({
        line,
        column: 1,
        message: trans.__('The line is too long for a requirement.'),
        hint: trans.__('It is left out.')
      });
      continue;
    }
    environment.requirements.push(parseRequirement(logical, line));
  }
  return environment;
}

/** Reads python_env.yaml; throws DescriptorError. */
export function parsePythonEnv(
  text: string,
  trans: ITrans = english
): IEnvironment {
  const environment = empty();
  for (const [key, node] of rootEntries(text, trans)) {
    if (key === 'python') {
      environment.python = scalar(node);
    } else if (key === 'build_dependencies') {
      environment.build = strings(node).map(([item, line]) =>
        parseRequirement(item, line)
      );
    } else if (key === 'dependencies') {
      environment.requirements = strings(node).map(([item, line]) =>
        parseRequirement(item, line)
      );
    } else {
      environment.unknown.push({ key, value: toJSON(node) });
    }
  }
  return environment;
}

/** Reads conda.yaml; throws DescriptorError. */
export function parseCondaEnv(
  text: string,
  trans: ITrans = english
): IEnvironment {
  const environment = empty();
  for (const [key, node] of rootEntries(text, trans)) {
    if (key === 'name') {
      environment.name = scalar(node);
    } else if (key === 'channels') {
      environment.channels = strings(node).map(([item]) => item);
    } else if (key === 'dependencies') {
      for (const item of node.kind === 'list' ? node.items : []) {
        if (item.kind === 'scalar' && item.value !== null) {
          environment.requirements.push(parseCondaSpec(item.source, item.line));
        } else if (item.kind === 'map') {
          const pip = item.entries.get('pip');
          environment.requirements.push(
            ...(pip ? strings(pip) : []).map(([spec, line]) =>
              parseRequirement(spec, line)
            )
          );
        }
      }
    } else {
      environment.unknown.push({ key, value: toJSON(node) });
    }
  }
  const python = environment.requirements.find(
    item => item.source === 'conda' && item.name === 'python'
  );
  environment.python =
    python?.specifier.replace(/^==/, '').replace(/\.\*$/, '') || null;
  environment.requirements = environment.requirements.filter(
    item => item !== python
  );
  return environment;
}

/** The name by which package indexes compare: lower case, runs of `-_.` as one `-` (PEP 503). */
export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

function empty(): IEnvironment {
  return {
    name: null,
    python: null,
    channels: [],
    build: [],
    requirements: [],
    unknown: [],
    notices: []
  };
}

function rootEntries(text: string, trans: ITrans): Map<string, YAMLNode> {
  const { root } = readYAML(text, trans);
  if (root.kind === 'map') {
    return root.entries;
  }
  if (root.kind === 'scalar' && root.value === null) {
    return new Map();
  }
  throw new DescriptorError(
    trans.__('The file is not a map of keys and values.'),
    root,
    trans.__('An environment file begins with keys such as “dependencies:”.')
  );
}

function strings(node: YAMLNode): [string, number][] {
  const items = node.kind === 'list' ? node.items : [node];
  return items.flatMap(item =>
    item.kind === 'scalar' && item.value !== null
      ? [[item.source, item.line] as [string, number]]
      : []
  );
}

function scalar(node: YAMLNode): string | null {
  return node.kind === 'scalar' && node.value !== null ? node.source : null;
}

function splitExtras(extras: string | undefined): string[] {
  return (extras ?? '')
    .split(',')
    .map(extra => extra.trim())
    .filter(Boolean);
}

function splitMarker(tail: string, separator: RegExp): [string, string | null] {
  const at = tail.search(separator);
  return at < 0
    ? [tail.trim(), null]
    : [tail.slice(0, at).trim(), tail.slice(at).replace(/^\s*;/, '').trim()];
}
