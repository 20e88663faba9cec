/**
 * OKLCH and OKLab (Björn Ottosson, 2020, "A perceptual color space for image processing"), sRGB by IEC 61966-2-1.
 * L is 0..1, C and a, b are unbounded in theory and below 0.4 on screens, h is in degrees.
 */
import type { Oklch } from "./types";

export type Lab = readonly [L: number, a: number, b: number];
export type Rgb = readonly [r: number, g: number, b: number];

export function toLab({ l, c, h }: Oklch): Lab {
  const angle = (h * Math.PI) / 180;
  return [l, c * Math.cos(angle), c * Math.sin(angle)];
}

export function fromLab([l, a, b]: Lab): Oklch {
  return { l, c: Math.hypot(a, b), h: ((Math.atan2(b, a) * 180) / Math.PI + 360) % 360 };
}

/** OKLab → linear sRGB; components outside 0..1 are out of the screen's gamut. */
export function labToLinear([L, a, b]: Lab): Rgb {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

/** Linear light → sRGB code value, both 0..1; clamped. */
export function encodeSrgb(linear: number): number {
  const x = Math.min(1, Math.max(0, linear));
  return x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055;
}

/** OKLab → 8-bit sRGB. Colours out of gamut are clamped; what the city publishes is gamut-mapped already. */
export function labToRgb8(lab: Lab): Rgb {
  const [r, g, b] = labToLinear(lab);
  return [Math.round(encodeSrgb(r) * 255), Math.round(encodeSrgb(g) * 255), Math.round(encodeSrgb(b) * 255)];
}

export function oklchToRgb8(colour: Oklch): Rgb {
  return labToRgb8(toLab(colour));
}

/** `#rrggbb`, for canvas and for element.style. */
export function hex(colour: Oklch): string {
  return `#${oklchToRgb8(colour).map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

/** The colour between two, in OKLab: `t` = 0 gives `a`, 1 gives `b`. Never for whole moods (law 7), only for neighbours. */
export function mix(a: Lab, b: Lab, t: number): Lab {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

/** Relative luminance of an sRGB colour (WCAG 2), 0..1. */
export function luminance(colour: Oklch): number {
  const [r, g, b] = labToLinear(toLab(colour)).map((part) => Math.min(1, Math.max(0, part))) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** WCAG 2 contrast ratio of two colours, 1..21. */
export function contrast(a: Oklch, b: Oklch): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}
