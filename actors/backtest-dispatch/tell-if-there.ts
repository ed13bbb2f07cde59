import type { Ctx } from '../kernel/behavior.js';
import type { Name } from '../../protocols/name.js';

/** For news to a neighbour that starts after us: before its first start there is nobody whom it could concern. */
export function tellIfThere<M>(ctx: Ctx<never>, to: Name<M>, message: M): void {
  const ref = ctx.whereis(to);
  if (ref !== undefined) ctx.tell(ref, message);
}
