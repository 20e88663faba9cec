/** Every word that a page says exists in every language, with the same blanks to fill, and none lies about unused. */
import { IntlMessageFormat } from "intl-messageformat";
import { beforeEach, describe, expect, it } from "vitest";

import { chooseLocale, dayOf, has, listed, LOCALES, number, t, timeOfDay, useMessages, weekday, type Messages } from "./i18n";

const files = import.meta.glob<Messages>("../locales/*/*.json", { eager: true, import: "default" });
const sources = import.meta.glob<string>(["../**/*.svelte", "../**/*.ts", "!../**/*.test.ts"], {
  eager: true,
  query: "?raw",
  import: "default",
});

const ROOMS = ["ground", "feelings", "climate", "environment", "boundaries", "mine", "data", "access", "console"] as const;
/** The words of a room are in its folder; the console has words of its own, and a folder of its own in its room. */
const FOLDERS: Record<string, string> = { console: "environment/console", mine: "boundaries/mine", data: "access/mine" };

function messages(locale: string, room: string): Messages {
  return files[`../locales/${locale}/${room}.json`] ?? {};
}

/** The sources of a room, one text. A ground file may be named `../ground/x`, or `./x` as it lies beside this test. */
function sourceOf(room: string): string {
  const own = room === "ground" ? /^\.\// : new RegExp(`^\\.\\./${FOLDERS[room] ?? room}/[^/]+$`);
  return Object.entries(sources).filter(([path]) => own.test(path)).map(([, text]) => text).join("\n");
}

/** Each call of `t` in a source: the text of its first argument. */
function asked(source: string): string[] {
  return [...source.matchAll(/(?<![\w.])t\(\s*/g)].map((call) => firstArgument(source, call.index + call[0].length));
}

function firstArgument(source: string, from: number): string {
  let depth = 0;
  for (let at = from; at < source.length; at += 1) {
    const letter = source.charAt(at);
    if ("([{".includes(letter)) depth += 1;
    else if (depth === 0 && ",)".includes(letter)) return source.slice(from, at);
    else if (")]}".includes(letter)) depth -= 1;
  }
  return source.slice(from);
}

/** Keys that a source asks for by their full names, also in `t(quiet ? "a" : "b")`. */
function keysOf(source: string): string[] {
  return asked(source).flatMap((argument) => {
    const outcomes = argument.includes("?") ? argument.slice(argument.indexOf("?")) : argument;
    return [...outcomes.matchAll(/"([a-z0-9.-]+)"/g)].map(([, key]) => key ?? "");
  });
}

/** Beginnings of keys that a source asks for, as in t(`policy.${policy}`). */
function stemsOf(source: string): string[] {
  return [...source.matchAll(/`([a-z0-9-]+\.[a-z0-9.-]*)\$\{/g)].map(([, stem]) => stem ?? "");
}

interface Element {
  type: number;
  value?: unknown;
  options?: Record<string, { value: Element[] }>;
}
const LITERAL = 0;
const POUND = 7;

/** The blanks of a message, sorted; each once, whichever of its plural forms names it. */
function blanks(message: string, locale: string): string[] {
  const found = new Set<string>();
  const walk = (elements: readonly Element[]): void => {
    for (const element of elements) {
      if (element.type !== LITERAL && element.type !== POUND) found.add(String(element.value));
      for (const option of Object.values(element.options ?? {})) walk(option.value);
    }
  };
  walk(new IntlMessageFormat(message, locale, undefined, { ignoreTag: true }).getAst() as Element[]);
  return [...found].sort();
}

describe.each(ROOMS)("the words of %s", (room) => {
  it.each(LOCALES)("exist in %s wherever a page asks for them", (locale) => {
    const known = { ...messages(locale, "ground"), ...messages(locale, room) };
    const missing = keysOf(sourceOf(room)).filter((key) => !(key in known));
    const empty = asked(sourceOf(room)).flatMap(stemsOf).filter((stem) => !Object.keys(known).some((key) => key.startsWith(stem)));
    expect([...new Set(missing), ...empty]).toEqual([]);
  });

  it.each(LOCALES)("are the same keys in %s as in English, with the same blanks", (locale) => {
    const english = messages("en", room);
    const own = messages(locale, room);
    expect(Object.keys(own)).toEqual(Object.keys(english));
    for (const [key, message] of Object.entries(english)) {
      expect({ key, blanks: blanks(own[key]!, locale) }).toEqual({ key, blanks: blanks(message, "en") });
    }
  });

  it.each(LOCALES)("stand in order in %s, and none is empty", (locale) => {
    const own = messages(locale, room);
    expect(Object.keys(own)).toEqual([...Object.keys(own)].sort());
    expect(Object.entries(own).filter(([, message]) => message.trim() === "")).toEqual([]);
  });

  it("are all used", () => {
    const everything = Object.values(sources).join("\n");
    const source = room === "ground" ? everything : sourceOf(room);
    const stems = stemsOf(source);
    const unused = Object.keys(messages("en", room)).filter(
      (key) => !source.includes(`"${key}"`) && !stems.some((stem) => key.startsWith(stem)),
    );
    expect(unused).toEqual([]);
  });

  it("never shout", () => {
    for (const locale of LOCALES) {
      const shouted = Object.entries(messages(locale, room)).filter(([, message]) => /[!¡]/.test(message));
      expect(shouted).toEqual([]);
    }
  });
});

describe("choosing a language", () => {
  it("takes the first that we speak, whatever its region", () => {
    expect(chooseLocale(["fr-FR", "de-CH", "en"])).toBe("de");
    expect(chooseLocale([null, undefined, "ES-419"])).toBe("es");
  });

  it("speaks English to those whose languages we do not know", () => {
    expect(chooseLocale(["fr", "ja"])).toBe("en");
    expect(chooseLocale([])).toBe("en");
  });
});

describe("saying it", () => {
  beforeEach(() => useMessages("en", { hello: "Hello {name}", people: "{count, plural, one {# voice} other {# voices}}" }));

  it("fills the blanks, with the plural that the number asks for", () => {
    expect(t("hello", { name: "Valen" })).toBe("Hello Valen");
    expect([1, 1200].map((count) => t("people", { count }))).toEqual(["1 voice", "1,200 voices"]);
  });

  it("shows a key that is missing as itself", () => {
    expect(t("nowhere")).toBe("nowhere");
    expect([has("hello"), has("nowhere")]).toEqual([true, false]);
  });

  it("forgets the old language's forms when it changes", () => {
    t("hello", { name: "Valen" });
    useMessages("de", { hello: "Hallo {name}" });
    expect(t("hello", { name: "Valen" })).toBe("Hallo Valen");
  });

  it("writes numbers, times and lists as the language does", () => {
    useMessages("de", {});
    expect(number(1234.5)).toBe("1.234,5");
    expect(listed(["Hafen", "Altstadt", "Höhen"])).toBe("Hafen, Altstadt und Höhen");
    expect(weekday("2026-06-01T12:00:00Z", "Europe/Madrid")).toBe("Mo");
  });

  it("tells times in the zone of the place, on a clock of 24 hours", () => {
    expect(timeOfDay("2026-06-01T22:30:00Z", "Europe/Madrid")).toBe("00:30");
    expect(dayOf("2026-06-01T22:30:00Z", "Europe/Madrid")).toBe("Tuesday, June 2");
  });
});
