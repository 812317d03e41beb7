import * as React from 'react';
import { factsOf } from './facts';
import { flavorOf, flavorText } from './mlmodel';
import { ModelView } from './model';
import { Button, Section } from './parts';
import { ITrans } from '../text';
import { Verdict } from './verdict';

/** Words for a verdict. */
export function verdictWords(verdict: Verdict, trans: ITrans): string {
  switch (verdict) {
    case 'ready':
      return trans.__('ready');
    case 'version':
      return trans.__('version differs');
    case 'python':
      return trans.__('Python differs');
    case 'native':
      return trans.__('needs native library');
    case 'missing':
      return trans.__('package missing');
    case 'unknown':
      return trans.__('cannot tell');
  }
}

/** “Will it load here?”: one line per flavor for the chosen kernel. */
export function VerdictPanel(props: { view: ModelView }): React.JSX.Element {
  const { view } = props;
  const { trans, kernel, file } = view;
  const loader = file
    ? flavorText(flavorOf(file, 'python_function'), 'loader_module')
    : null;
  const label = (name: string): string => {
    const flavor = file ? flavorOf(file, name) : undefined;
    return flavor ? factsOf(flavor, loader, trans).label : name;
  };
  const environment = view.kernelEnvironment;
  const chosen = view.kernels.findIndex(
    item => item.id === kernel?.id && item.name === kernel?.name
  );
  return (
    <Section title={trans.__('Will it load here?')}>
      <div className="jp-Cellruns-modelBar">
        <label>
          {trans.__('Kernel')}{' '}
          <select
            className="jp-Cellruns-modelSelect"
            value={chosen}
            onChange={event =>
              void view.chooseKernel(
                view.kernels[Number(event.target.value)] ?? null
              )
            }
          >
            {view.kernels.map((item, index) => (
              <option key={`${item.id} ${item.name}`} value={index}>
                {item.label}
              </option>
            ))}
          </select>
        </label>
        <Button
          label={trans.__('Check again')}
          title={trans.__(
            'Look at the environment again, for example after pip install'
          )}
          onClick={() =>
            void view
              .refreshKernels()
              .then(() => view.chooseKernel(view.kernel))
          }
        />
        {environment && (
          <span
            className="jp-Cellruns-modelFaint"
            title={environment.executable}
          >
            {trans.__('Python %1', environment.python)}
            {environment.mlflow && ` · MLflow ${environment.mlflow}`}
          </span>
        )}
      </div>
      {view.kernels.length === 0 && view.folder && (
        <p>{trans.__('This server has no kernels.')}</p>
      )}
      {view.verdictError && (
        <p className="jp-Cellruns-modelProblem" role="alert">
          {view.verdictError}
        </p>
      )}
      <ul className="jp-Cellruns-modelVerdicts">
        {view.verdicts?.map(item => (
          <li key={item.flavor}>
            <span className="jp-Cellruns-modelFlavorName">
              {label(item.flavor)}
            </span>
            <span
              className="jp-Cellruns-modelVerdict"
              data-verdict={item.verdict}
            >
              {verdictWords(item.verdict, trans)}
            </span>
            <span className="jp-Cellruns-modelReasons">
              {item.reasons.map(reason => (
                <span key={reason}>{reason}</span>
              ))}
              {item.pip && (
                <span className="jp-Cellruns-modelPip">
                  <code>{item.pip}</code>
                  <Button
                    label={trans.__('Copy')}
                    onClick={() => view.host.copy(item.pip ?? '')}
                  />
                  {view.host.insert && (
                    <Button
                      label={trans.__('Insert')}
                      isDisabled={view.host.notebookFolder() === null}
                      title={trans.__(
                        'Insert into the notebook as “%pip install …”'
                      )}
                      onClick={() => void view.host.insert?.(`%${item.pip}`)}
                    />
                  )}
                </span>
              )}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
