/** For tests of trees that are built on Holdfast: time that moves only when the test says so. */
export { ManualTime } from './manual-time.js';
