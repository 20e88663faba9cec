/**
 * The boundary on this phone: no account, no server. Until a person sets one, a city learns what its places ask for, or
 * nothing at all where the browser asks for privacy on the person's behalf (Global Privacy Control).
 */
import { remember, remembered } from "../../ground/remember";
import { OUTWARD, RESOLUTIONS, type Boundary, type Limited, type Resolution } from "./policy";

export interface Kept {
  boundary: Boundary;
  /** Whether the person set it themself. */
  chosen: boolean;
}

const LIMITED: readonly Limited[] = ["circle", ...OUTWARD];

/** A boundary without rules, the same for all but circles and research: they get nothing until one says so. */
export function limited(place: Resolution, district: Resolution, city: Resolution, research: Resolution = "nothing"): Boundary {
  return { limits: { circle: "nothing", place, district, city, research }, rules: [], unsaid: [] };
}

export const ONLY_ME = limited("nothing", "nothing", "nothing");
export const AS_I_AM = limited("cell", "cell", "cell");

/** Whether the browser asks every site to share nothing. */
export function privacyControl(browser: object = navigator): boolean {
  return (browser as { globalPrivacyControl?: boolean }).globalPrivacyControl === true;
}

/** The boundary that holds now. One that cannot be read lets nothing through: better too strict than too open. */
export function keptBoundary(gpc: boolean = privacyControl()): Kept {
  const text = remembered("boundary");
  if (text === null) return { boundary: gpc ? ONLY_ME : AS_I_AM, chosen: false };
  return { boundary: parsed(text) ?? ONLY_ME, chosen: true };
}

/** Keep it; false where the browser keeps nothing, so that nobody relies on what is gone tomorrow. */
export function keepBoundary(boundary: Boundary): boolean {
  const text = JSON.stringify(boundary);
  remember("boundary", text);
  return remembered("boundary") === text;
}

/** Whether nothing may ever leave the phone. */
export function takesNoPart({ limits }: Boundary): boolean {
  return LIMITED.every((each) => limits[each] === "nothing");
}

export function parsed(text: string): Boundary | null {
  try {
    const read = JSON.parse(text) as Boundary;
    const whole =
      LIMITED.every((each) => isResolution(read.limits[each])) &&
      read.rules.every((each) => LIMITED.includes(each.audience) && isResolution(each.at_most) && isHours(each.hours) && isPlace(each.place)) &&
      read.unsaid.every((each) => LIMITED.includes(each.audience) && typeof each.topic === "string");
    return whole ? read : null;
  } catch {
    return null;
  }
}

function isResolution(value: unknown): boolean {
  return (RESOLUTIONS as readonly unknown[]).includes(value);
}

function isHours(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 2 && value.every((each) => Number.isInteger(each)));
}

function isPlace(value: unknown): boolean {
  return value === null || typeof value === "string";
}
