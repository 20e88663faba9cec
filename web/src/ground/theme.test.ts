/** The colours of theme.css keep the contrasts that its comments promise, in the dark and in the light. */
import { describe, expect, it } from "vitest";

import { contrast } from "./oklch";
import css from "./theme.css?raw";
import type { Oklch } from "./types";

type Colours = Record<string, Oklch>;

function colours(block: string): Colours {
  const found: Colours = {};
  for (const [, name, l, c, h] of block.matchAll(/--([a-z-]+):\s*oklch\(([\d.]+) ([\d.]+) ([\d.]+)\);/g)) {
    found[name!] = { l: Number(l), c: Number(c), h: Number(h) };
  }
  return found;
}

/** A comment behind a colour, such as `≥ 7:1 on --sea`, is a promise. */
function promises(): { name: string; least: number; on: string }[] {
  const said = css.matchAll(/--([a-z-]+):[^;]+;\s*\/\*\s*≥ ([\d.]+):1(?: on --([a-z-]+))?/g);
  return [...said].map(([, name, least, on]) => ({ name: name!, least: Number(least), on: on ?? "sea" }));
}

const [dark = "", light = ""] = css
  .split("@media (prefers-color-scheme: light)")
  .map((part) => part.slice(part.indexOf(":root {"), part.indexOf("}", part.indexOf(":root {"))));
const night = colours(dark);
const themes: [string, Colours][] = [["dark", night], ["light", { ...night, ...colours(light) }]];

describe.each(themes)("the %s theme", (_, theme) => {
  it.each(promises())("keeps its promise of $least:1 for --$name", ({ name, least, on }) => {
    expect(contrast(theme[name]!, theme[on]!)).toBeGreaterThanOrEqual(least);
  });

  it("has ink that can be read on every ground", () => {
    for (const ground of ["sea", "sea-raised", "sea-deep"]) expect(contrast(theme["ink"]!, theme[ground]!)).toBeGreaterThanOrEqual(7);
  });

  it("has soft ink that can be read on raised ground and in wells", () => {
    for (const ground of ["sea-raised", "sea-deep"]) expect(contrast(theme["ink-soft"]!, theme[ground]!)).toBeGreaterThanOrEqual(4.5);
  });

  it("has a primary act whose words can be read", () => {
    expect(contrast(theme["on-glow"]!, theme["glow"]!)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(theme["glow"]!, theme["sea"]!)).toBeGreaterThanOrEqual(3);
  });
});

describe("the file", () => {
  it("makes promises, and has both themes", () => {
    expect(promises().map(({ name }) => name)).toEqual(["ink-soft", "ink-faint", "line-strong"]);
    expect(Object.keys(colours(light))).toContain("sea");
  });
});
