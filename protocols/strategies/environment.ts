import type { Environment } from './model.js';

/**
 * `TEST` or `AAA` at the beginning, not followed by a letter, or `UT-` at the beginning; in any letter case, for
 * Swimmy's library has both `TEST-REFRESH-…` and `Test-Legend-…`. So `Testament` and `BB-Breakout` are nobody's tests.
 */
const testName = /^(?:(?:test|aaa)(?![a-z])|ut-)/i;

export const environmentOf = (name: string): Environment => (testName.test(name) ? 'test' : 'production');
