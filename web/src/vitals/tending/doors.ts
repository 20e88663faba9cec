/** The doors of those who tend the network. */
import type { Api } from "../../ground/api";
import type { Grid, PlaceState } from "../../ground/types";

export type Mirror = "in-step" | "behind" | "wrong" | "silent" | "unheard";
export type CauseKind = "machine" | "attack" | "choice" | "people";

export interface ClimateThen {
  grid: Grid;
  mixture: number[] | null;
  people: number;
  people_sd: number;
  uncertainty: number;
  /** End of its window, city time. */
  end: string;
}

export interface PlaceThen {
  id: string;
  name: string;
  kind: "city" | "district" | "place";
  parent: string | null;
  position: [number, number];
  state: PlaceState;
  speaker: string | null;
  climate: ClimateThen | null;
  mirror: Mirror;
  /** Real time since when its mirror was not in order. */
  since: string | null;
}

/** A chart that rose above its threshold. */
export interface Alarm {
  /** Real time. */
  at: string;
  chart: string;
  /** Null: all places that are watched together. */
  place: string | null;
  statistic: number;
  threshold: number;
  mean_windows: number | null;
  assumption: string;
}

/** The city at a moment, as it was told by then. */
export interface HourFacts {
  /** City time. */
  at: string;
  /** The same moment in real time. */
  real_at: string;
  is_now: boolean;
  /** City seconds per real second. */
  rate: number;
  places: readonly PlaceThen[];
  incidents: readonly { id: number; cause: string; places: readonly string[]; began: string }[];
  /** Of the hour before, newest first. */
  alarms: readonly Alarm[];
}

export type Value = string | number | null;

/** One circumstance of a place beside the usual one. */
export interface Dimension {
  name: string;
  value: Value;
  usual: Value;
  /** Share of the others that are the same; null where there are none. */
  share: number | null;
  differs: boolean;
}

export interface WhyFacts {
  place: string;
  name: string;
  compared_with: number;
  dimensions: readonly Dimension[];
  displays: Partial<Record<Mirror, number>>;
  wires: readonly { wire: string; state: string; detail: string }[];
  last_climate: string | null;
}

export interface Step {
  /** Real time. */
  at: string;
  kind: "began" | "sign" | "place" | "mended" | "note" | "ended";
  what: string;
  role: string | null;
  who: string | null;
}

/** An incident, step by step. */
export interface Story {
  id: number;
  cause: string;
  kind: CauseKind | null;
  /** How sure the cause was when it was surest, 0..1. */
  posterior: number;
  places: readonly string[];
  began: string;
  ended: string | null;
  steps: readonly Step[];
}

export class TendingDoors {
  constructor(private readonly api: Api) {}

  /** The city at a moment of city time; null for now. */
  hour(at: string | null): Promise<HourFacts> {
    return this.api.ask(at === null ? "/v1/vitals/hour" : `/v1/vitals/hour?at=${encodeURIComponent(at)}`);
  }

  why(place: string): Promise<WhyFacts> { return this.api.ask(`/v1/vitals/why/${encodeURIComponent(place)}`); }
  story(incident: number): Promise<Story> { return this.api.ask(`/v1/vitals/incidents/${incident}`); }

  note(incident: number, text: string): Promise<Story> {
    return this.api.ask(`/v1/vitals/incidents/${incident}/notes`, { method: "POST", body: { text } });
  }
}
