import type { HttpReply } from '../../actors/operations/ports.js';

export const jsonReply = (value: unknown, status = 200): HttpReply => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: `${JSON.stringify(value)}\n`,
});
