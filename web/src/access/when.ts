/** Days and moments of real time, in the page's language. */
import { locale } from "../ground/i18n";

/** A day, such as 25 Nov 2026. */
export function day(iso: string): string {
  const days = new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeZone: iso.length === 10 ? "UTC" : undefined });
  return days.format(new Date(iso));
}

/** A moment, such as 25 Nov 2026, 14:30. */
export function moment(iso: string): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));
}
