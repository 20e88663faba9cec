/** The history of a place as a picture: shares of moods over time, as bands that flow; where it was quiet, a gap. */
import type { Climate } from "../ground/types";
import { around, coarsen } from "./mixture";

export interface Moment {
  startMs: number;
  endMs: number;
  /** Shares from top to bottom, in the order around the plane; null where too few spoke. */
  shares: number[] | null;
  climate: Climate;
}

export interface History {
  /** Side of the grid that all shown climates have in common: 2 or 4. */
  side: number;
  /** Cells of that grid from top to bottom. */
  cells: readonly number[];
  /** Oldest first. */
  moments: Moment[];
}

/** Read `climates` (any order) at the detail that all of them know, so that no band claims more than was released. */
export function historyOf(climates: readonly Climate[]): History {
  const side = Math.min(4, ...climates.filter((each) => each.mixture).map((each) => each.grid));
  const cells = around(side);
  const moments = [...climates]
    .sort((a, b) => a.id - b.id)
    .map((climate) => {
      const shares = climate.mixture && climate.state === "speaks" ? coarsen(climate.mixture, climate.grid, side) : null;
      return {
        startMs: Date.parse(climate.window.start),
        endMs: Date.parse(climate.window.end),
        shares: shares && cells.map((cell) => shares[cell] ?? 0),
        climate,
      };
    });
  return { side, cells, moments };
}

/** Stretches without a gap: each begins where the one before it ended, and all of them speak. */
export function runs(moments: readonly Moment[]): Moment[][] {
  const found: Moment[][] = [];
  for (const moment of moments) {
    const last = found.at(-1);
    if (moment.shares === null) found.push([]);
    else if (last?.length && last.at(-1)!.endMs === moment.startMs) last.push(moment);
    else found.push([moment]);
  }
  return found.filter((run) => run.length > 0);
}

export interface Scale {
  x: (ms: number) => number;
  height: number;
}

/** SVG paths of a run, one per band from top to bottom. */
export function bands(run: readonly Moment[], { x, height }: Scale): string[] {
  const bandCount = run[0]?.shares?.length ?? 0;
  const edges = Array.from({ length: bandCount + 1 }, (_, edge) =>
    run.map((moment) => (moment.shares ?? []).slice(0, edge).reduce((sum, share) => sum + share, 0) * height),
  );
  const xs = run.map((moment) => x((moment.startMs + moment.endMs) / 2));
  const [from, to] = [x(run[0]?.startMs ?? 0), x(run.at(-1)?.endMs ?? 0)];
  return Array.from({ length: bandCount }, (_, band) => {
    const upper = line([from, ...xs, to], ends(edges[band] ?? []));
    const lower = line([from, ...xs, to].reverse(), ends(edges[band + 1] ?? []).reverse());
    return `M${upper}L${lower}Z`;
  });
}

function ends(ys: readonly number[]): number[] {
  return [ys[0] ?? 0, ...ys, ys.at(-1) ?? 0];
}

/** A line through the points that leaves and reaches each of them level, so no band ever swings past its shares. */
function line(xs: readonly number[], ys: readonly number[]): string {
  return xs
    .map((x, at) => {
      const y = ys[at] ?? 0;
      if (at === 0) return point(x, y);
      const middle = ((xs[at - 1] ?? 0) + x) / 2;
      return `C${point(middle, ys[at - 1] ?? 0)} ${point(middle, y)} ${point(x, y)}`;
    })
    .join("");
}

function point(x: number, y: number): string {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}

export interface Label {
  quadrant: number;
  x: number;
  y: number;
}

/**
 * Where the name of each quadrant fits best: inside its bands over its whole width, in a run that is long enough for it
 * if there is one. A quadrant that is nowhere `least` pixels thick is named in the table only.
 */
export function labels(history: History, scale: Scale, least: number, wide: (quadrant: number) => number): Label[] {
  const each = history.cells.length / 4;
  return [0, 1, 2, 3].flatMap((which) => {
    const quadrant = quadrantOf(history.cells[which * each] ?? 0, history.side);
    const half = wide(quadrant) / 2;
    const found = runs(history.moments).flatMap((run) => {
      const [from, to] = [scale.x(run[0]!.startMs) + half, scale.x(run.at(-1)!.endMs) - half];
      return run.map((moment) => {
        const wished = scale.x((moment.startMs + moment.endMs) / 2);
        const x = from <= to ? Math.min(to, Math.max(from, wished)) : (from + to) / 2;
        const under = run.filter(({ startMs, endMs }) => scale.x(endMs) > x - half && scale.x(startMs) < x + half);
        const upper = Math.max(...under.map(({ shares }) => sum(shares!.slice(0, which * each)))) * scale.height;
        const lower = Math.min(...under.map(({ shares }) => sum(shares!.slice(0, (which + 1) * each)))) * scale.height;
        return { quadrant, x, y: (upper + lower) / 2, thick: lower - upper, fits: from <= to };
      });
    });
    const best = found
      .filter(({ thick }) => thick >= least)
      .sort((a, b) => Number(b.fits) - Number(a.fits) || b.thick - a.thick)[0];
    return best ? [{ quadrant, x: best.x, y: best.y }] : [];
  });
}

function quadrantOf(cell: number, side: number): number {
  return Math.floor((Math.floor(cell / side) / side) * 2) * 2 + Math.floor(((cell % side) / side) * 2);
}

function sum(parts: readonly number[]): number {
  return parts.reduce((whole, part) => whole + part, 0);
}

const QUARTER_MS = 15 * 60_000;
const STEPS_MIN = [15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080] as const;

/** At most `most` instants on round local times of `zone` between two instants, Unix ms. */
export function ticks(fromMs: number, toMs: number, zone: string, most: number): number[] {
  const minutes = (toMs - fromMs) / 60_000;
  const step = STEPS_MIN.find((each) => minutes / each <= most) ?? STEPS_MIN.at(-1)!;
  const clock = new Intl.DateTimeFormat("en", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const found: number[] = [];
  for (let at = Math.ceil(fromMs / QUARTER_MS) * QUARTER_MS; at <= toMs; at += QUARTER_MS) {
    const [hour = 0, minute = 0] = clock.format(at).split(":").map(Number);
    const late = found.length === 0 || at - found.at(-1)! >= (step * 60_000) / 2;
    if ((hour * 60 + minute) % Math.min(step, 1440) === 0 && late) found.push(at);
  }
  return step > 1440 ? found.filter((_, at) => at % (step / 1440) === 0) : found;
}
