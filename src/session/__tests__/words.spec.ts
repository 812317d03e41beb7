import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { describe, expect, it } from 'vitest';

import type { IRunsClient, IStatus } from '../../client/tokens';
import { SessionModel } from '../model';
import { describeSession, shortCount } from '../words';

const trans = nullTranslator.load('jupyterlab_cellruns');

/** The model of a notebook whose server answers this of its store. */
async function model(store: object): Promise<SessionModel> {
  const status = {
    enabled: true,
    store: { id: 'team', kind: 'remote', label: 'Team', ...store },
    stores: [],
    kernel: {
      attached: true,
      enabled: true,
      experiment: { id: null, name: 'Default' },
      active_runs: [],
      problems: []
    }
  };
  const client = {
    runsChanged: new Signal({}),
    status: () => Promise.resolve(status as unknown as IStatus),
    notebook: () => Promise.resolve({ enabled: true })
  };
  const made = new SessionModel({
    client: client as unknown as IRunsClient,
    source: { path: () => 'a.ipynb', kernelId: () => 'k' }
  });
  await made.refresh();
  return made;
}

describe('the words for a session', () => {
  it('says how many points wait, and why', async () => {
    const away = await model({
      location: 'https://mlflow.example.org',
      state: 'away',
      message: 'https://mlflow.example.org does not answer',
      hint: 'What is logged is kept on disk.',
      waiting: 1200
    });
    const lines = describeSession(away, trans).split('\n');
    expect(lines).toContain('Cellruns: The store does not answer');
    expect(lines).toContain('https://mlflow.example.org does not answer');
    expect(lines).toContain('What is logged is kept on disk.');
    expect(lines).toContain('1200 points wait to be stored');
    expect(shortCount(1200)).toBe('1.2k');
    const back = await model({
      location: 'https://mlflow.example.org',
      state: 'ready',
      message: null,
      hint: null,
      waiting: 0
    });
    expect(describeSession(back, trans)).not.toContain('wait');
  });
});
