/**
 * Words for people: ICU messages in `locales/{locale}/{room}.json`. A page loads those of `ground` and of its own room;
 * a key that is missing is shown as itself, and a test makes sure that none is.
 */
import { IntlMessageFormat } from "intl-messageformat";

import type { Locale } from "./locale";

export { chooseLocale, LOCALE_NAMES, LOCALES, type Locale } from "./locale";

export type Values = Record<string, string | number | boolean | Date>;
export type Messages = Record<string, string>;

export type Room = "ground" | "feelings" | "climate" | "environment" | "boundaries" | "mine" | "data" | "access" | "console" | "places" | "vitals" | "tending";

const files = import.meta.glob<Messages>("../locales/*/*.json", { import: "default" });
/** Hours as the city's own sentences say them, from 00:00 to 23:59. */
const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
let current: Locale = "en";
let messages: Messages = {};
const formats = new Map<string, IntlMessageFormat>();

/** Speak `next`, with the messages of `rooms`. */
export async function loadLocale(next: Locale, rooms: readonly Room[]): Promise<void> {
  const parts = await Promise.all(rooms.map((room) => files[`../locales/${next}/${room}.json`]?.() ?? {}));
  useMessages(next, Object.assign({}, ...parts) as Messages);
}

/** Speak `next` with these messages; `loadLocale` is the usual way here. */
export function useMessages(next: Locale, spoken: Messages): void {
  current = next;
  messages = spoken;
  formats.clear();
}

export function locale(): Locale {
  return current;
}

export function has(key: string): boolean {
  return key in messages;
}

/** The message of `key` in the page's language, filled with `values`. */
export function t(key: string, values: Values = {}): string {
  const message = messages[key];
  if (message === undefined) return key;
  let format = formats.get(key);
  if (format === undefined) {
    format = new IntlMessageFormat(message, current, undefined, { ignoreTag: true });
    formats.set(key, format);
  }
  return String(format.format(values));
}

export function number(value: number, options: Intl.NumberFormatOptions = {}): string {
  return new Intl.NumberFormat(current, options).format(value);
}

/** A time of day in a place's zone, such as 14:30. */
export function timeOfDay(at: Date | string, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  return new Intl.DateTimeFormat(current, { ...CLOCK, ...zone }).format(new Date(at));
}

/** The short name of a day, such as Mon. */
export function weekday(at: Date | string | number, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  return new Intl.DateTimeFormat(current, { weekday: "short", ...zone }).format(new Date(at));
}

/** A day, such as Monday 23 November. */
export function dayOf(at: Date | string, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  return new Intl.DateTimeFormat(current, { weekday: "long", day: "numeric", month: "long", ...zone }).format(new Date(at));
}

/** "a, b and c", or "a, b or c" where one of them is meant. */
export function listed(parts: readonly string[], type: "conjunction" | "disjunction" = "conjunction"): string {
  return new Intl.ListFormat(current, { type }).format(parts);
}
