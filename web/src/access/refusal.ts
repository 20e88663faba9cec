/**
 * A refusal in the page's language, at the field that it is about. What we know well we say ourselves; anything else in
 * the words of the server, which always carry a remedy.
 */
import { OfflineError, ProblemError } from "../ground/api";
import { has, t } from "../ground/i18n";
import type { Problem } from "../ground/types";

/** Characters that a password needs; the server decides (access/accounts.py). */
export const MIN_PASSWORD = 12;

export interface Refusal {
  /** Name of the field, or null when it is about the whole. */
  field: string | null;
  text: string;
}

/** Put a failure into words; anything that is neither a refusal nor an outage is a mistake of ours, and thrown on. */
export function refusalOf(error: unknown, password = ""): Refusal {
  if (error instanceof OfflineError) return { field: null, text: t("refusal.offline") };
  if (!(error instanceof ProblemError)) throw error;
  const field = error.problem.field ?? null;
  const key = `refusal.${nameOf(error, password)}`;
  if (!has(key)) return { field, text: ownWords(error.problem) };
  return { field, text: t(key, { least: MIN_PASSWORD, seconds: error.retryAfterS ?? 60 }) };
}

/** Whether the session has ended meanwhile. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.status === 401;
}

function nameOf(error: ProblemError, password: string): string {
  const { field } = error.problem;
  if (error.slug === "bad-input" && field === "password" && password.length < MIN_PASSWORD) return "short";
  return field === undefined ? error.slug : `${error.slug}.${field}`;
}

function ownWords({ title, detail, remedy }: Problem): string {
  return detail || remedy ? `${detail} ${remedy}`.trim() : title;
}
