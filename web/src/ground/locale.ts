/** Which languages we speak. Apart from i18n.ts because the service worker asks this too, and formats nothing. */

export const LOCALES = ["en", "de", "es"] as const;
export type Locale = (typeof LOCALES)[number];

/** The languages' own names, for the switch. */
export const LOCALE_NAMES: Record<Locale, string> = { en: "English", de: "Deutsch", es: "Español" };

/** The first of `wanted` (language tags, best first) that we speak; English otherwise. */
export function chooseLocale(wanted: readonly (string | null | undefined)[]): Locale {
  for (const tag of wanted) {
    const language = tag?.toLowerCase().split("-")[0];
    const found = LOCALES.find((each) => each === language);
    if (found) return found;
  }
  return "en";
}
