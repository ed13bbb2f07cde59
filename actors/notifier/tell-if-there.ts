import type { Ctx } from '../kernel/behavior.js';
import type { Name } from '../../protocols/name.js';

/** For news to a neighbour: when it does not live, it concerns nobody. */
export function tellIfThere<M>(ctx: Ctx<never>, to: Name<M>, message: M): void {
  const ref = ctx.whereis(to);
  if (ref?.alive === true) ctx.tell(ref, message);
}
