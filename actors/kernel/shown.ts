/**
 * What Node prints of an object. Refs and handles travel in answers, events and messages, which are logged and written as
 * JSON; without a short form each would drag the whole system along, in circles.
 */
export const shown = Symbol.for('nodejs.util.inspect.custom');
