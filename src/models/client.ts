import { Http } from '../client/http';
import { IKernelChoice, IModelsClient } from './tokens';
import { IKernelEnvironment, IWanted } from './verdict';

/** The routes below `models/`. */
export class ModelsClient implements IModelsClient {
  constructor(private _http: Http) {}

  check(
    kernel: IKernelChoice,
    requirements: IWanted[],
    fresh: boolean
  ): Promise<IKernelEnvironment> {
    const chosen = kernel.id
      ? { kernel: kernel.id }
      : { kernel_name: kernel.name };
    return this._http.json({
      method: 'POST',
      path: 'models/check',
      data: { ...chosen, requirements, fresh }
    });
  }
}
