import { describe, expect, it } from 'vitest';

import { readSettings } from '../settings';

describe('readSettings', () => {
  it('says what a re-run does only where the user said it', () => {
    expect(readSettings({}).rerun).toBeNull();
    expect(readSettings({ rerun: '' }).rerun).toBeNull();
    expect(readSettings({ rerun: 'sideways' }).rerun).toBeNull();
    for (const choice of ['new', 'nested', 'resume']) {
      expect(readSettings({ rerun: choice }).rerun).toBe(choice);
    }
  });

  it('has a fixed experiment only with a name', () => {
    expect(readSettings({ experiment: 'fixed', experimentName: ' ' })).toEqual({
      enabled: true,
      experiment_mode: 'notebook',
      experiment_name: '',
      provenance: true,
      rerun: null
    });
    expect(
      readSettings({ experiment: 'fixed', experimentName: ' x ' })
    ).toMatchObject({ experiment_mode: 'fixed', experiment_name: 'x' });
  });
});
