/** The parts of a house as rows of a table: how to reach them, and what a new one begins with. Pure. */
import {
  CHANNELS, DMX_WIRES, LAMP_WIRES, type House, type Luminaire, type Scene, type Schedule, type Sequence, type Wire, type Zone,
} from "./house";

export interface Parts {
  wires: Wire;
  zones: Zone;
  luminaires: Luminaire;
  scenes: Scene;
  sequences: Sequence;
  schedules: Schedule;
}
export type Kind = keyof Parts;

export const ID_LENGTH = 40;
const UNIVERSE = 512;

export function rowsOf<K extends Kind>(house: House, kind: K): Parts[K][] {
  const all: { [each in Kind]: Parts[each][] } = { ...house.patch, scenes: house.scenes, sequences: house.sequences, schedules: house.schedules };
  return all[kind];
}

export function withRows<K extends Kind>(house: House, kind: K, rows: Parts[K][]): House {
  if (kind === "wires" || kind === "zones" || kind === "luminaires") {
    return { ...house, patch: { ...house.patch, [kind]: rows } };
  }
  return { ...house, [kind]: rows };
}

/** The house with `row` in place of the one called `id`, or added where `id` is null. */
export function withRow<K extends Kind>(house: House, kind: K, id: string | null, row: Parts[K]): House {
  const rows = rowsOf(house, kind);
  return withRows(house, kind, id === null ? [...rows, row] : rows.map((each) => (each.id === id ? row : each)));
}

export function withoutRow(house: House, kind: Kind, id: string): House {
  return withRows(house, kind, rowsOf(house, kind).filter((each) => each.id !== id));
}

/** An id that is free among those of the kind, as close to `name` as an id can be. */
export function idFor(house: House, kind: Kind, name: string): string {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/ß/g, "ss");
  const stem = plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, ID_LENGTH) || kind.slice(0, -1);
  const taken = new Set(idsBeside(house, kind));
  if (!taken.has(stem)) return stem;
  const bare = stem.replace(/-\d+$/, "").slice(0, ID_LENGTH - 5);
  for (let number = 2; ; number += 1) if (!taken.has(`${bare}-${number}`)) return `${bare}-${number}`;
}

/** Scenes and sequences share their names: a schedule may show either. */
function idsBeside(house: House, kind: Kind): string[] {
  if (kind === "scenes" || kind === "sequences") return [...house.scenes, ...house.sequences].map((each) => each.id);
  return rowsOf(house, kind).map((each) => each.id);
}

/** What a new row begins with, so that it fits where it can: ids are free, and so is the channel. */
export function begun<K extends Kind>(house: House, kind: K, place: string): Parts[K] {
  const { wires, zones, luminaires } = house.patch;
  const all: { [each in Kind]: () => Parts[each] } = {
    wires: () => ({ id: "", kind: "sacn", host: "", port: 0, priority: 100, sync_universe: 0, interface: "", latency_ms: 0 }),
    zones: () => ({ id: "", name: "", place, cap: 1, night_cap: 0.4 }),
    luminaires: () => {
      const last = luminaires.at(-1);
      if (last) return beside(house, last);
      return {
        id: "", zone: zones[0]?.id ?? "", wire: wires[0]?.id ?? "", lamp: "rgb", pixels: 1, universe: 1, channel: 1, name: "",
        start: [0.5, 0.5], end: null, gamma: 2.2, white: [1, 1, 1],
      };
    },
    scenes: () => ({
      id: "", name: "", zones: zones.map((zone) => zone.id), policy: "echo", look: "field", level: 1, speed: 0.3,
      softness: 0.5, fade_s: 6, curve: "ease", priority: 50,
    }),
    sequences: () => ({
      id: "", name: "", cues: [{ scene: house.scenes[0]?.id ?? "", hold_s: 60, fade_s: 6, curve: "ease" }], loop: true,
    }),
    schedules: () => ({ id: "", show: house.scenes[0]?.id ?? "", from: "18:00", to: "23:00", days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] }),
  };
  return all[kind]();
}

/** A copy of a row that can be added as it is: with a free id, and on free channels. */
export function copied<K extends Kind>(house: House, kind: K, row: Parts[K]): Parts[K] {
  if (kind === "luminaires") return beside(house, row as Luminaire) as Parts[K];
  const name = "name" in row ? row.name : row.id;
  return { ...row, id: idFor(house, kind, name || row.id) };
}

function beside(house: House, row: Luminaire): Luminaire {
  return { ...row, id: idFor(house, "luminaires", row.id), ...nextSpot(house, row) };
}

/** Where the next luminaire like `row` fits on its wire, after everything that listens there. */
export function nextSpot(house: House, row: Luminaire): { universe: number; channel: number } {
  const wire = house.patch.wires.find((each) => each.id === row.wire);
  const { universe, channel } = row;
  if (wire === undefined || LAMP_WIRES.includes(wire.kind)) return { universe, channel };
  const ends = house.patch.luminaires.filter((each) => each.wire === row.wire).map((each) => endOf(each, DMX_WIRES.includes(wire.kind)));
  const end = ends.reduce((most, each) => Math.max(most, each), 0);
  if (!DMX_WIRES.includes(wire.kind)) return { universe, channel: end + 1 };
  const left = UNIVERSE - (end % UNIVERSE);
  const start = left < CHANNELS[row.lamp] ? end + left : end;
  return { universe: Math.floor(start / UNIVERSE), channel: (start % UNIVERSE) + 1 };
}

/** Channels from the first of universe 0 (on a pixel wire, of the device) to the end of a luminaire. */
function endOf({ universe, channel, lamp, pixels }: Luminaire, dmx: boolean): number {
  const size = CHANNELS[lamp];
  if (!dmx) return channel - 1 + size * pixels;
  const here = Math.floor((UNIVERSE - (channel - 1)) / size);
  if (pixels <= here) return universe * UNIVERSE + channel - 1 + size * pixels;
  const each = Math.floor(UNIVERSE / size);
  const more = pixels - here;
  const whole = Math.ceil(more / each);
  return (universe + whole) * UNIVERSE + (more - (whole - 1) * each) * size;
}

/** What a house still lacks before anything can shine. */
export function missing({ patch, scenes }: House): Kind | null {
  if (patch.wires.length === 0) return "wires";
  if (patch.zones.length === 0) return "zones";
  if (patch.luminaires.length === 0) return "luminaires";
  return scenes.length === 0 ? "scenes" : null;
}
