/** What tests of actors and trees stand on: `import { SimulationHost } from 'holdfast/testing'`. */
export { seededRandom } from './random.js';
export { SimulationHost } from './simulation-host.js';
export type { SimulationOptions } from './simulation-host.js';
