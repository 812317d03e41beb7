import { canonicalName, IEnvironment, IRequirement } from './environment';
import { factsOf, NativeNeed } from './facts';
import { IFlavor, IModelFile, flavorOf, flavorText } from './mlmodel';
import { english, ITrans } from '../text';
import { atLeast } from './version';

/** A distribution that a model wants; the specifier is PEP 440, or empty. */
export interface IWanted {
  name: string;
  specifier: string;
  marker: string | null;
}

/** What the kernel's environment has for a wanted distribution. */
export interface IFound {
  name: string;
  specifier: string;
  installed: string | null;
  state: 'ok' | 'differs' | 'missing' | 'unknown' | 'not_needed';
  /** Older (-1) or newer (1) than a pinned version, else 0. */
  order: number;
}

/** The environment of a kernel, as far as a model asks for it. */
export interface IKernelEnvironment {
  python: string;
  implementation: string;
  executable: string;
  tools: string[];
  mlflow: string | null;
  requirements: IFound[];
}

/** From best to worst. */
export const VERDICTS = [
  'ready',
  'version',
  'python',
  'native',
  'missing',
  'unknown'
] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Whether a flavor will load in a kernel, and why. */
export interface IFlavorVerdict {
  flavor: string;
  verdict: Verdict;
  reasons: string[];
  /** The line that would install what is missing or differs, or null. */
  pip: string | null;
}

/** Everything that a model wants: what its flavors were made with, then what its environment files say. */
export function wantedBy(
  model: IModelFile,
  environment: IEnvironment | null,
  trans: ITrans = english
): IWanted[] {
  const wanted = new Map<string, IWanted>();
  const add = (item: IWanted): void => {
    if (!wanted.has(canonicalName(item.name))) {
      wanted.set(canonicalName(item.name), item);
    }
  };
  for (const flavor of model.flavors) {
    flavorWants(model, flavor, trans).forEach(add);
  }
  for (const item of environment?.requirements ?? []) {
    if (item.source === 'pip' && item.name) {
      add({ name: item.name, specifier: item.specifier, marker: item.marker });
    }
  }
  return [...wanted.values()];
}

/** The verdict on every flavor, in the order of the file. */
export function judge(
  model: IModelFile,
  environment: IEnvironment | null,
  kernel: IKernelEnvironment,
  trans: ITrans = english
): IFlavorVerdict[] {
  return model.flavors.map(flavor =>
    new Judge(model, environment, kernel, trans).flavor(flavor)
  );
}

/** The requirement that a found distribution answers. */
export function foundFor(
  kernel: IKernelEnvironment | null,
  requirement: IRequirement
): IFound | undefined {
  const name =
    requirement.name === null ? null : canonicalName(requirement.name);
  const found = kernel?.requirements.filter(
    item => canonicalName(item.name) === name
  );
  return (
    found?.find(item => item.specifier === requirement.specifier) ?? found?.[0]
  );
}

/** The library of a flavor with the version that wrote it, what it needs besides, and mlflow. */
function flavorWants(
  model: IModelFile,
  flavor: IFlavor,
  trans: ITrans
): IWanted[] {
  const loader = flavorText(
    flavorOf(model, 'python_function'),
    'loader_module'
  );
  const facts = factsOf(flavor, loader, trans);
  if (
    facts.needs.includes('r') ||
    (facts.module === null && facts.version?.distribution === 'mleap')
  ) {
    return [];
  }
  const at = facts.version ? flavorText(flavor, facts.version.key) : null;
  const wants: IWanted[] = [{ name: 'mlflow', specifier: '', marker: null }];
  if (facts.version) {
    wants.push({
      name: facts.version.distribution,
      specifier: at ? `==${at}` : '',
      marker: null
    });
  }
  const cloudpickle = flavorText(flavor, 'cloudpickle_version');
  if (cloudpickle) {
    wants.push({
      name: 'cloudpickle',
      specifier: `==${cloudpickle}`,
      marker: null
    });
  }
  wants.push(
    ...facts.also.map(name => ({ name, specifier: '', marker: null }))
  );
  return wants;
}

class Judge {
  constructor(
    private _model: IModelFile,
    private _environment: IEnvironment | null,
    private _kernel: IKernelEnvironment,
    private _trans: ITrans
  ) {}

  flavor(flavor: IFlavor): IFlavorVerdict {
    const trans = this._trans;
    const loader = flavorText(
      flavorOf(this._model, 'python_function'),
      'loader_module'
    );
    const facts = factsOf(flavor, loader, trans);
    if (facts.module === null && flavor.name !== 'python_function') {
      const isKnown = facts.needs.length > 0;
      this._say(
        isKnown ? 'native' : 'unknown',
        isKnown
          ? trans.__('%1 is not loaded by Python.', facts.label)
          : trans.__('Nothing tells which package loads this flavor.')
      );
      return this._result(flavor);
    }
    for (const want of this._wants(flavor)) {
      this._package(want);
    }
    if (
      facts.removed &&
      this._kernel.mlflow &&
      atLeast(this._kernel.mlflow, facts.removed)
    ) {
      this._say(
        'version',
        trans.__('MLflow %1 no longer has this flavor.', this._kernel.mlflow)
      );
      this._pip.push(`mlflow<${facts.removed}`);
    }
    this._python(flavor);
    for (const need of facts.needs) {
      this._native(need, facts.label);
    }
    return this._result(flavor);
  }

  /** python_function loads what its loader module loads, so it wants the same. */
  private _wants(flavor: IFlavor): IWanted[] {
    if (flavor.name !== 'python_function') {
      return flavorWants(this._model, flavor, this._trans);
    }
    const loader = flavorText(flavor, 'loader_module') ?? '';
    const native = this._model.flavors.find(
      other =>
        other !== flavor &&
        (loader === `mlflow.${other.name}` || loader.endsWith(`.${other.name}`))
    );
    const wants = [...flavorWants(this._model, flavor, this._trans)];
    if (native) {
      wants.push(
        ...flavorWants(this._model, native, this._trans).filter(
          want => want.name !== 'mlflow'
        )
      );
    } else {
      // A custom model pickles objects of any package, so its whole list counts.
      const names = new Set(wants.map(want => canonicalName(want.name)));
      const listed = wantedBy(this._model, this._environment, this._trans);
      wants.push(
        ...listed.filter(want => !names.has(canonicalName(want.name)))
      );
      if (loader && !loader.startsWith('mlflow.')) {
        this._reasons.push(this._trans.__('It is loaded by %1.', loader));
      }
    }
    return wants;
  }

  private _package(want: IWanted): void {
    const name = canonicalName(want.name);
    const found = this._kernel.requirements.find(
      item => canonicalName(item.name) === name
    );
    const trans = this._trans;
    if (name === 'mlflow' && this._kernel.mlflow !== null) {
      return;
    }
    if (!found || found.state === 'missing') {
      this._say('missing', trans.__('%1 is not installed.', want.name));
      this._pip.push(want.name + (found ? found.specifier : want.specifier));
    } else if (found.state === 'differs') {
      const wanted = found.specifier.replace(/^==/, '');
      const text =
        found.order < 0
          ? trans.__(
              '%1 is %2 here; older than %3, with which the model was saved.',
              want.name,
              found.installed ?? '',
              wanted
            )
          : found.order > 0
            ? trans.__(
                '%1 is %2 here; newer than %3, with which the model was saved.',
                want.name,
                found.installed ?? '',
                wanted
              )
            : trans.__(
                '%1 is %2 here; the model asks for %3.',
                want.name,
                found.installed ?? '',
                wanted
              );
      this._say('version', text);
      this._pip.push(want.name + found.specifier);
    } else if (found.state === 'unknown') {
      this._say(
        'version',
        trans.__(
          '%1 is %2 here; it cannot be compared with “%3”.',
          want.name,
          found.installed ?? '',
          found.specifier
        )
      );
    }
  }

  /** Pickled code is bound to the minor version of Python; data formats are not. */
  private _python(flavor: IFlavor): void {
    const want = this._model.pythonVersion;
    const minor = (version: string): string =>
      version.split('.').slice(0, 2).join('.');
    if (!want || minor(want) === minor(this._kernel.python)) {
      return;
    }
    const isPickle =
      flavor.config.cloudpickle_version !== undefined ||
      /pickle/.test(flavorText(flavor, 'serialization_format') ?? '') ||
      ['pytorch', 'statsmodels', 'pmdarima', 'fastai', 'prophet'].includes(
        flavor.name
      ) ||
      (flavor.name === 'python_function' &&
        this._model.flavors.some(other =>
          /pickle/.test(flavorText(other, 'serialization_format') ?? '')
        ));
    if (isPickle) {
      this._say(
        'python',
        this._trans.__(
          'Python is %1 here; the model was pickled with %2.',
          this._kernel.python,
          want
        )
      );
    } else {
      this._reasons.push(
        this._trans.__(
          'Python is %1 here, %2 where it was saved; the format does not depend on it.',
          this._kernel.python,
          want
        )
      );
    }
  }

  private _native(need: NativeNeed, label: string): void {
    if (this._kernel.tools.includes(need)) {
      return;
    }
    const trans = this._trans;
    if (need === 'java') {
      this._say(
        'native',
        trans.__(
          '%1 needs Java, which was not found (no “java” on the path, no JAVA_HOME).',
          label
        )
      );
    } else if (need === 'libgomp') {
      this._say(
        'native',
        trans.__(
          '%1 needs the OpenMP library libgomp, which was not found.',
          label
        )
      );
    }
  }

  private _say(verdict: Verdict, reason: string): void {
    this._reasons.push(reason);
    if (VERDICTS.indexOf(verdict) > VERDICTS.indexOf(this._verdict)) {
      this._verdict = verdict;
    }
  }

  private _result(flavor: IFlavor): IFlavorVerdict {
    const words = this._pip.map(word =>
      /[<>!]/.test(word) ? `"${word}"` : word
    );
    return {
      flavor: flavor.name,
      verdict: this._verdict,
      reasons: this._reasons,
      pip: words.length ? `pip install ${words.join(' ')}` : null
    };
  }

  private _verdict: Verdict = 'ready';
  private _reasons: string[] = [];
  private _pip: string[] = [];
}
