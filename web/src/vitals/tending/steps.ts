/** The steps of an incident as they are told: places that were touched, or mended, at the same look stand together. */
import type { Step } from "./doors";

/** A step, and all that it is about. */
export interface Told extends Step {
  all: readonly string[];
}

export function told(steps: readonly Step[]): Told[] {
  const found: Told[] = [];
  for (const step of steps) {
    const before = found.at(-1);
    const together = step.kind === "place" || step.kind === "mended";
    if (together && before?.kind === step.kind && before.at === step.at) before.all = [...before.all, step.what];
    else found.push({ ...step, all: [step.what] });
  }
  return found;
}
