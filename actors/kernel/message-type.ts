/** For reports: the discriminant of a message, never its content. */
export function typeOf(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null)
    return message === undefined ? undefined : typeof message;
  const { type } = message as { type?: unknown };
  return typeof type === 'string' ? type : 'object';
}
