/** What a room's own `messages.test.ts` promises of its messages. For tests only. */
import { IntlMessageFormat } from "intl-messageformat";
import { expect, test } from "vitest";

import { LOCALES, type Messages } from "./i18n";

/** The values that a message asks for. */
function values(message: string): string[] {
  const found = new Set<string>();
  const look = (parts: unknown): void => {
    if (!Array.isArray(parts)) return;
    for (const part of parts as { type: number; value?: string; options?: Record<string, { value: unknown }> }[]) {
      if (part.type >= 1 && part.type <= 6 && typeof part.value === "string") found.add(part.value);
      for (const option of Object.values(part.options ?? {})) look(option.value);
    }
  };
  look(new IntlMessageFormat(message, "en", undefined, { ignoreTag: true }).getAst());
  return [...found].sort();
}

/** Check the messages of a room (`of` a language) against the keys that its pages use. */
export function checkMessages(of: (locale: string) => Messages, used: () => Set<string>): void {
  test.each(LOCALES)("every key that the pages use is said in %s", (locale) => {
    expect([...used()].filter((key) => !(key in of(locale)))).toEqual([]);
  });

  test("nothing is translated that no page says", () => {
    const keys = used();
    expect(Object.keys(of("en")).filter((key) => !keys.has(key))).toEqual([]);
  });

  test.each(LOCALES)("%s asks for the same values as English, in every message", (locale) => {
    const [ours, english] = [of(locale), of("en")];
    expect(Object.keys(ours)).toEqual(Object.keys(english));
    for (const [key, message] of Object.entries(ours)) expect([key, values(message)]).toEqual([key, values(english[key] ?? "")]);
  });

  test("no language exclaims", () => {
    for (const locale of LOCALES) for (const message of Object.values(of(locale))) expect(message).not.toMatch(/[!¡]/);
  });
}
