import { describe, expect, it } from "vitest";

import type { Climate, Grid } from "../ground/types";
import { bands, historyOf, labels, runs, ticks } from "./ribbon";

const HOUR = 3_600_000;
const START = Date.parse("2026-06-01T08:00:00Z");

function climate(id: number, hour: number, mixture: number[] | null, grid: Grid = 2): Climate {
  return {
    id, place: "square", name: "Square", grid, mixture, state: mixture ? "speaks" : "quiet",
    window: { start: new Date(START + hour * HOUR).toISOString(), end: new Date(START + (hour + 1) * HOUR).toISOString() },
    people: 100, people_sd: 5, uncertainty: 0.05, epsilon: { day: 1, thirty_days: 13.9 }, framework: "nexus-1",
  };
}
const even = [0.25, 0.25, 0.25, 0.25];
const scale = { x: (ms: number) => (ms - START) / HOUR * 100, height: 200 };

describe("a history", () => {
  it("is put in order of time", () => {
    const read = historyOf([climate(2, 1, even), climate(1, 0, even)]);
    expect(read.moments.map((moment) => moment.climate.id)).toEqual([1, 2]);
  });

  it("claims no more detail than every one of its climates has", () => {
    const fine = new Array<number>(16).fill(1 / 16);
    expect(historyOf([climate(1, 0, fine, 4)]).side).toBe(4);
    expect(historyOf([climate(1, 0, fine, 4), climate(2, 1, even)]).side).toBe(2);
  });

  it("sums the shares of every moment to one", () => {
    for (const { shares } of historyOf([climate(1, 0, [0.1, 0.2, 0.3, 0.4])]).moments) {
      expect(shares).toEqual([0.4, 0.2, 0.1, 0.3]);
    }
  });
});

describe("gaps", () => {
  it("are left where too few spoke", () => {
    const { moments } = historyOf([climate(1, 0, even), climate(2, 1, null), climate(3, 2, even)]);
    expect(runs(moments).map((run) => run.length)).toEqual([1, 1]);
  });

  it("are left where windows are missing", () => {
    const { moments } = historyOf([climate(1, 0, even), climate(2, 1, even), climate(3, 5, even)]);
    expect(runs(moments).map((run) => run.length)).toEqual([2, 1]);
  });
});

describe("bands", () => {
  it("fill the height of the picture from the first window to the last", () => {
    const run = runs(historyOf([climate(1, 0, even), climate(2, 1, even)]).moments)[0]!;
    const paths = bands(run, scale);
    expect(paths).toHaveLength(4);
    expect(paths[0]).toMatch(/^M0\.0 0\.0/);
    expect(paths[0]).toContain("200.0 0.0");
    expect(paths[3]).toContain("0.0 200.0");
    expect(paths[1]).toContain("0.0 100.0");
  });

  it("are named where they are thick, and not where they are too thin for a name", () => {
    const read = historyOf([climate(1, 0, [0.01, 0.49, 0.1, 0.4])]);
    const named = labels(read, scale, 17, () => 40);
    expect(named.map((label) => label.quadrant).sort()).toEqual([1, 2, 3]);
    expect(named.find((label) => label.quadrant === 3)).toMatchObject({ x: 50, y: 40 });
  });

  it("are not named at a spike that is narrower than the name", () => {
    const thin = [0.02, 0.38, 0.3, 0.3];
    const spike = [0.4, 0.1, 0.2, 0.3];
    const read = historyOf([thin, thin, spike, thin, thin].map((mixture, hour) => climate(hour + 1, hour, mixture)));
    expect(labels(read, scale, 13, () => 150).map((label) => label.quadrant)).not.toContain(0);
  });

  it("are named within a run that is long enough for the name", () => {
    const read = historyOf([climate(1, 0, [0, 0, 0, 1]), climate(2, 2, [0.4, 0, 0, 0.6]), climate(3, 3, [0.4, 0, 0, 0.6])]);
    const name = labels(read, scale, 17, () => 150).find((label) => label.quadrant === 3);
    expect(name?.x).toBeGreaterThanOrEqual(275);
    expect(name?.x).toBeLessThanOrEqual(325);
  });
});

describe("the axis of time", () => {
  const local = (ms: number, zone: string): string =>
    new Intl.DateTimeFormat("en", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(ms);

  it("has its marks on round hours of the city's own zone", () => {
    const marks = ticks(START, START + 12 * HOUR, "Asia/Kathmandu", 5);
    expect(marks.length).toBeGreaterThan(2);
    for (const mark of marks) expect(local(mark, "Asia/Kathmandu")).toMatch(/^(00|03|06|09|12|15|18|21):00$/);
  });

  it("never has more marks than there is room for", () => {
    for (const hours of [1, 5, 30, 200, 1200]) {
      expect(ticks(START, START + hours * HOUR, "Europe/Madrid", 5).length).toBeLessThanOrEqual(6);
    }
  });

  it("marks midnights across the night on which clocks change", () => {
    const from = Date.parse("2026-10-24T00:00:00Z");
    for (const mark of ticks(from, from + 4 * 24 * HOUR, "Europe/Madrid", 5)) expect(local(mark, "Europe/Madrid")).toBe("00:00");
  });
});
