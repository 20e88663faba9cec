/** The log in the page's language. The desk writes it in English, in few forms; a form that is new is shown as it came. */
import { number, t } from "../../ground/i18n";
import type { Change } from "./house";

type Form = [RegExp, (found: readonly string[]) => string];

const FORMS: readonly Form[] = [
  [/^(\S+): (.+) by hand, for (\d+) min$/, ([, zone = "", scene = "", minutes]) => t("told.take", { zone, scene, minutes: Number(minutes) })],
  [/^(\S+): given back$/, ([, zone = ""]) => t("told.give-back", { zone })],
  [/^all: master at (\d+)%$/, ([, level]) => t("told.grand", { level: percent(level) })],
  [/^(\S+): master at (\d+)%$/, ([, zone = "", level]) => t("told.master", { zone, level: percent(level) })],
  [/^cut (.+)$/, ([, zones = ""]) => t("told.cut", { zones })],
  [/^stopped everything$/, () => t("told.stop")],
  [/^released the stop$/, () => t("told.release")],
  [/^undid an edit$/, () => t("told.undo")],
  [/^redid an edit$/, () => t("told.redo")],
  [/^changed the night$/, () => t("told.night")],
  [/^changed the order$/, () => t("told.order")],
  [/^and (\d+) more$/, ([, more]) => t("told.more", { more: Number(more) })],
  [/^added (wire|zone|luminaire|scene|sequence|schedule) (\S+)$/, ([, kind, id = ""]) => t("told.added", { what: t(`told.kind.${kind}`), id })],
  [/^changed (wire|zone|luminaire|scene|sequence|schedule) (\S+)$/, ([, kind, id = ""]) => t("told.changed", { what: t(`told.kind.${kind}`), id })],
  [/^removed (wire|zone|luminaire|scene|sequence|schedule) (\S+)$/, ([, kind, id = ""]) => t("told.removed", { what: t(`told.kind.${kind}`), id })],
];

/** What somebody did, said in the page's language. */
export function said(what: string): string {
  const whole = saidOf(what);
  return whole ?? what.split("; ").map((part) => saidOf(part) ?? part).join(" · ");
}

function saidOf(what: string): string | null {
  for (const [form, say] of FORMS) {
    const found = form.exec(what);
    if (found) return say(found);
  }
  return null;
}

/** The log, newest first; of somebody's moves of one fader in a row only the last is told. */
export function told(changes: readonly Change[]): Change[] {
  return changes.filter((change, at) => {
    const later = changes[at - 1];
    const fader = /^\S+: master at /.exec(change.what)?.[0];
    return !(later && fader && later.who === change.who && later.what.startsWith(fader));
  });
}

function percent(level: string | undefined): string {
  return number(Number(level) / 100, { style: "percent" });
}
