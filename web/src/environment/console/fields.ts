/** What a row of each kind is made of: the fields of its form, and which of them stand in its table. Pure. */
import { t } from "../../ground/i18n";
import type { Place } from "../../ground/types";
import { CURVES, DAYS, DMX_WIRES, LAMP_WIRES, LAMPS, LOOKS, WIRE_KINDS, type House } from "./house";
import type { Kind } from "./parts";

export type Row = Record<string, unknown> & { id: string };
export type Shape = "text" | "number" | "percent" | "choice" | "many" | "time" | "point" | "percents" | "check" | "cues";
/** A value and its name. */
export type Option = [value: string, words: string];

export interface Field {
  key: string;
  shape: Shape;
  /** The name of an option; absent where options bring their own. */
  words?: (value: string) => string;
  options?: (house: House, places: readonly Place[]) => readonly string[] | readonly Option[];
  min?: number;
  max?: number;
  step?: number;
  /** Whether the field means anything for this row. */
  when?: (row: Row, house: House) => boolean;
  /** Stands in the table. */
  column?: boolean;
  /** Stands in the table only. */
  told?: boolean;
  /** Lies under "more". */
  rare?: boolean;
  required?: boolean;
  /** Only while the row is new: others name it by this. */
  fixed?: boolean;
}

const seconds = { shape: "number", min: 0, max: 600, step: 0.5 } as const;
const NAME: Field = { key: "name", shape: "text", required: true, column: true };
const ID: Field = { key: "id", shape: "text", required: true, column: true };
const CURVE: Field = { key: "curve", shape: "choice", options: () => CURVES, words: (value) => t(`curve.${value}`) };
const ZONES = (house: House): Option[] => house.patch.zones.map((zone) => [zone.id, zone.name]);
const SHOWS = (house: House): Option[] => [...house.scenes, ...house.sequences].map((each) => [each.id, each.name]);

export const FIELDS: Record<Kind | "night", readonly Field[]> = {
  wires: [
    { ...ID, fixed: true },
    { key: "kind", shape: "choice", options: () => WIRE_KINDS, words: (value) => t(`wire.kind.${value}`), column: true },
    { key: "host", shape: "text", column: true },
    { key: "port", shape: "number", min: 0, max: 65_535, rare: true },
    { key: "priority", shape: "number", min: 0, max: 200, when: (row) => row["kind"] === "sacn", rare: true },
    { key: "sync_universe", shape: "number", min: 0, max: 63_999, when: (row) => row["kind"] === "sacn", rare: true },
    { key: "interface", shape: "text", when: (row) => row["kind"] === "sacn", rare: true },
    { key: "latency_ms", shape: "number", min: 0, max: 500, rare: true },
  ],
  zones: [
    NAME,
    { key: "place", shape: "choice", options: (_, places) => places.map((place): Option => [place.id, place.name]), column: true },
    { key: "cap", shape: "percent", column: true },
    { key: "night_cap", shape: "percent", column: true },
  ],
  luminaires: [
    ID,
    { key: "zone", shape: "choice", options: ZONES, column: true },
    { key: "wire", shape: "choice", options: (house) => house.patch.wires.map((wire): Option => [wire.id, wire.id]), column: true },
    { key: "lamp", shape: "choice", options: () => LAMPS, words: (value) => t(`lamp.${value}`), column: true },
    { key: "pixels", shape: "number", min: 1, max: 100_000, column: true },
    { key: "universe", shape: "number", min: 0, max: 63_999, column: true, when: onWire(...DMX_WIRES) },
    { key: "channel", shape: "number", min: 1, max: 400_000, column: true, when: (row, house) => !onWire(...LAMP_WIRES)(row, house) },
    { key: "name", shape: "text", when: onWire(...LAMP_WIRES) },
    { key: "start", shape: "point", column: true },
    { key: "end", shape: "point", when: (row) => Number(row["pixels"]) > 1 },
    { key: "gamma", shape: "number", min: 1, max: 3, step: 0.1, rare: true },
    { key: "white", shape: "percents", rare: true },
  ],
  scenes: [
    NAME,
    { key: "zones", shape: "many", options: ZONES, column: true },
    { key: "policy", shape: "choice", options: () => ["echo", "complement", "rest"], words: (value) => t(`zone.policy.${value}`), column: true },
    { key: "look", shape: "choice", options: () => LOOKS, words: (value) => t(`look.${value}`), column: true },
    { key: "level", shape: "percent" },
    { key: "speed", shape: "percent" },
    { key: "softness", shape: "percent" },
    { key: "fade_s", ...seconds },
    CURVE,
    { key: "priority", shape: "number", min: 0, max: 100, column: true },
  ],
  sequences: [NAME, { key: "cues", shape: "cues", column: true }, { key: "loop", shape: "check", column: true }],
  schedules: [
    { key: "show", shape: "choice", options: SHOWS, column: true },
    { key: "from", shape: "time", column: true },
    { key: "to", shape: "time", column: true },
    { key: "days", shape: "many", options: () => DAYS, words: (value) => t(`day.${value}`), column: true },
  ],
  night: [{ key: "from", shape: "time" }, { key: "to", shape: "time" }],
};

function onWire(...kinds: readonly string[]): (row: Row, house: House) => boolean {
  return (row, house) => kinds.includes(house.patch.wires.find((wire) => wire.id === row["wire"])?.kind ?? "");
}
