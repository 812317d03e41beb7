import { describe, expect, it } from 'vitest';

import { formatBytes } from '../text';

describe('formatBytes', () => {
  it('writes sizes with binary units', () => {
    expect([0, 1023, 1536, 123_456_789, 2 ** 31].map(formatBytes)).toEqual([
      '0 B',
      '1023 B',
      '1.5 KiB',
      '118 MiB',
      '2.0 GiB'
    ]);
  });
});
