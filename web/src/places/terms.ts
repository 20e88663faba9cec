/** Terms in plain sentences: what a place permits, what has changed, and by what it became wider. */
import { listed, number, t } from "../ground/i18n";
import type { ConsentRule, TermChange, Terms } from "../ground/types";

/** The order in which terms are told: whom it concerns, what is shown, how, and how all this is changed. */
export const TOLD: readonly (keyof Terms)[] = [
  "setting", "presence", "audiences", "finest_grid", "fastest_s", "live", "words", "policy", "expected_crowd", "welcome", "consent",
];

/** One term as a sentence. */
export function sayTerm<Term extends keyof Terms>(term: Term, value: Terms[Term]): string {
  return t(`term.${term}`, valuesOf(term, value));
}

/** What a change has made possible, as the end of a sentence: "a check-in may travel to the whole city". */
export function sayWider(change: TermChange): string {
  return t(`wider.${change.term}`, valuesOf(change.term, change.after));
}

/** What a version permits that the one before did not, as a list of such ends. */
export function sayAllWider(changes: readonly TermChange[]): string {
  return listed(changes.filter(({ direction }) => direction === "looser").map(sayWider));
}

/** The name of a term, for a choice among them. */
export function nameOf(term: keyof Terms): string {
  return t(`name.${term}`);
}

function valuesOf(term: keyof Terms, value: Terms[keyof Terms]): Record<string, string | number> {
  switch (term) {
    case "audiences":
      return { reach: listed((value as Terms["audiences"]).map((each) => t(`reach.${each}`)), "disjunction") };
    case "finest_grid":
      return { areas: (value as number) ** 2 };
    case "expected_crowd":
      return { count: value as number };
    case "welcome":
      return { text: value as string, said: value === "" ? "no" : "yes" };
    case "consent":
      return ruleValues(value as ConsentRule);
    default:
      return { value: String(value) };
  }
}

function ruleValues({ share, quorum, days, objections }: ConsentRule): Record<string, string | number> {
  return {
    share: number(share, { style: "percent", maximumFractionDigits: 0 }),
    quorum,
    days,
    objections: objections ?? 0,
    limited: objections === null ? "no" : "yes",
  };
}
