/** What the shell is told. `docs/running.md` lists them with examples. */
export const exitCodes = {
  ended: 0,
  /** Nothing usable in the input, or something unexpected. */
  failed: 1,
  usage: 2,
  input_missing: 66,
  dependency_missing: 69,
  root_gave_up: 70,
  locked: 73,
  disk: 74,
  port_in_use: 75,
  configuration: 78,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitName = keyof typeof exitCodes;
