/** What to do about an incident, by its kind: with machines, and with people. What was done is kept on this device. */
import type { CauseKind } from "./doors";

/** Steps in the order in which they are worth trying; each has its words in the locales. */
export const STEPS: Readonly<Record<CauseKind | "unknown", readonly string[]>> = {
  machine: ["go-and-look", "ask-there", "network", "reload", "tell", "circle", "rally"],
  attack: ["ask-there", "presence", "caps", "tell", "windows", "circle"],
  choice: ["leave", "charter", "listen", "circle"],
  people: ["no-repair", "ask-contact", "circle", "rally", "tell-all"],
  unknown: ["parts", "ask-there", "go-and-look", "tell", "wait"],
};

/** A drawer that remembers texts, such as `localStorage`. */
export interface Drawer {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const PREFIX = "nexus.playbook.";

/** The steps of an incident that were done, as this device remembers; none where it remembers nothing. */
export function done(drawer: Drawer, incident: number): ReadonlySet<string> {
  try {
    return new Set((drawer.getItem(PREFIX + incident) ?? "").split(" ").filter(Boolean));
  } catch {
    return new Set(); // a browser that forbids storage forgets them
  }
}

/** Remember that a step was done, or was not; returns all that were. */
export function tick(drawer: Drawer, incident: number, step: string, on: boolean): ReadonlySet<string> {
  const steps = new Set(done(drawer, incident));
  if (on) steps.add(step);
  else steps.delete(step);
  try {
    drawer.setItem(PREFIX + incident, [...steps].join(" "));
  } catch {
    // nothing is lost but the convenience
  }
  return steps;
}
