/** In which order things stand where hands reach for them. */
import type { House, Scene } from "./house";

/** The scenes of a zone first, the strongest ahead; then all others, for a hand may show any of them anywhere. */
export function scenesFor(house: House, zone: string): Scene[] {
  const own = house.scenes.filter((scene) => scene.zones.includes(zone)).sort((a, b) => b.priority - a.priority);
  return [...own, ...house.scenes.filter((scene) => !scene.zones.includes(zone))];
}

/** The zone after (or, backwards, before) `from`; the first where there is none. */
export function zoneAfter(zones: readonly string[], from: string, step: 1 | -1): string {
  const at = zones.indexOf(from);
  if (at < 0) return zones[0] ?? "";
  return zones[(at + step + zones.length) % zones.length] ?? "";
}
