import { describe, expect, it } from "vitest";

import { contrast, fromLab, hex, luminance, mix, oklchToRgb8, toLab } from "./oklch";

/** Of sRGB's corners, by Ottosson's definition. */
const KNOWN = [
  ["#ffffff", { l: 1, c: 0, h: 0 }],
  ["#000000", { l: 0, c: 0, h: 0 }],
  ["#ff0000", { l: 0.627955, c: 0.257683, h: 29.2339 }],
  ["#00ff00", { l: 0.86644, c: 0.294827, h: 142.4953 }],
  ["#0000ff", { l: 0.452014, c: 0.313214, h: 264.052 }],
] as const;

describe("OKLCH", () => {
  it("gives the known colours of sRGB's corners", () => {
    for (const [code, colour] of KNOWN) expect(hex(colour)).toBe(code);
  });

  it("agrees with the colours that the city publishes", () => {
    expect(hex({ l: 0.8125, c: 0.166, h: 89.98 })).toBe("#ebbb00");
    expect(hex({ l: 0.6095, c: 0.1097, h: 270.46 })).toBe("#6a7fc5");
  });

  it("comes back from OKLab", () => {
    const back = fromLab(toLab({ l: 0.6, c: 0.1, h: 350 }));
    expect([back.l, back.c, back.h].map((part) => part.toFixed(9))).toEqual(["0.600000000", "0.100000000", "350.000000000"]);
  });

  it("clamps what a screen does not have", () => {
    for (const part of oklchToRgb8({ l: 0.7, c: 0.5, h: 140 })) expect(part >= 0 && part <= 255).toBe(true);
  });

  it("mixes along a straight line in OKLab", () => {
    expect(mix([0, 0, 0], [1, 0.2, -0.4], 0.25)).toEqual([0.25, 0.05, -0.1]);
  });
});

describe("contrast", () => {
  it("of white on black is 21, of a colour on itself 1", () => {
    expect(contrast({ l: 1, c: 0, h: 0 }, { l: 0, c: 0, h: 0 })).toBeCloseTo(21, 1);
    expect(contrast(KNOWN[2][1], KNOWN[2][1])).toBe(1);
  });

  it("weighs green more than red and red more than blue, as WCAG does", () => {
    const [red, green, blue] = [KNOWN[2], KNOWN[3], KNOWN[4]].map(([, colour]) => luminance(colour));
    expect(red).toBeCloseTo(0.2126, 3);
    expect(green).toBeCloseTo(0.7152, 3);
    expect(blue).toBeCloseTo(0.0722, 3);
  });
});
