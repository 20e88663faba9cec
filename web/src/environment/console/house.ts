/** The house of light as the console speaks of it: the JSON of `/v1/console` (src/nexus_city/environment). */
import type { Policy } from "../../ground/types";

export type Source = "stopped" | "hand" | "schedule" | "standing" | "nothing";
export type Look = "field" | "breath" | "drift" | "ripple" | "constellation";
export type Curve = "linear" | "ease" | "ease-in" | "ease-out";
export type WireKind = "sacn" | "artnet" | "ddp" | "wled" | "mqtt" | "osc" | "hue";
export type Lamp = "rgb" | "grb" | "rgbw" | "cct" | "dimmer";

export const LOOKS: readonly Look[] = ["field", "breath", "drift", "ripple", "constellation"];
export const CURVES: readonly Curve[] = ["linear", "ease", "ease-in", "ease-out"];
export const WIRE_KINDS: readonly WireKind[] = ["sacn", "artnet", "ddp", "wled", "mqtt", "osc", "hue"];
export const LAMPS: readonly Lamp[] = ["rgb", "grb", "rgbw", "cct", "dimmer"];
export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
/** Channels of one pixel. */
export const CHANNELS: Record<Lamp, number> = { rgb: 3, grb: 3, rgbw: 4, cct: 2, dimmer: 1 };
/** Wires that have universes of 512 channels; the others count bytes, or know lamps by their names. */
export const DMX_WIRES: readonly WireKind[] = ["sacn", "artnet"];
export const LAMP_WIRES: readonly WireKind[] = ["mqtt", "osc", "hue"];

export interface Wire {
  id: string;
  kind: WireKind;
  host: string;
  port: number;
  priority: number;
  sync_universe: number;
  interface: string;
  latency_ms: number;
}

export interface Zone {
  id: string;
  name: string;
  place: string;
  cap: number;
  night_cap: number;
}

export type Point = [x: number, y: number];

export interface Luminaire {
  id: string;
  zone: string;
  wire: string;
  lamp: Lamp;
  pixels: number;
  universe: number;
  channel: number;
  name: string;
  start: Point;
  end: Point | null;
  gamma: number;
  white: [number, number, number];
}

export interface Scene {
  id: string;
  name: string;
  zones: string[];
  policy: Policy;
  look: Look;
  level: number;
  speed: number;
  softness: number;
  fade_s: number;
  curve: Curve;
  priority: number;
}

export interface Cue {
  scene: string;
  hold_s: number;
  fade_s: number;
  curve: Curve;
}

export interface Sequence {
  id: string;
  name: string;
  cues: Cue[];
  loop: boolean;
}

export interface Schedule {
  id: string;
  show: string;
  from: string;
  to: string;
  days: string[];
}

export interface Night {
  from: string;
  to: string;
}

export interface House {
  format: string;
  patch: { wires: Wire[]; zones: Zone[]; luminaires: Luminaire[] };
  scenes: Scene[];
  sequences: Sequence[];
  schedules: Schedule[];
  night: Night;
}

/** What a zone shows now, and who decided it. */
export interface ZoneLight {
  zone: string;
  name: string;
  place: string;
  /** Null: the safe look. */
  scene: string | null;
  policy: Policy;
  source: Source;
  /** The masters' share, 0..1. */
  level: number;
  /** Highest luminance at this hour, 0..1. */
  cap: number;
}

export interface WireState {
  state: "waiting" | "sending" | "failed";
  detail: string;
  frames: number;
  dropped: number;
}

export interface Change {
  at: string;
  who: string;
  what: string;
}

/** Everything that the console shows. */
export interface ConsoleState {
  house: House;
  zones: ZoneLight[];
  /** Zone → master; the grand master under an empty name. */
  masters: Record<string, number>;
  hands: Record<string, { scene: string; left_s: number }>;
  stopped: boolean;
  may_undo: boolean;
  may_redo: boolean;
  wires: Record<string, WireState>;
  frames: number;
  late: number;
  changes: Change[];
}

/** Luminaire → the colours of its pixels. */
export type Lights = Record<string, string[]>;
