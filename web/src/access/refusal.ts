/**
 * A refusal in the page's language, at the field that it is about. What we know well we say ourselves; anything else in
 * the words of the server, which always carry a remedy.
 */
import { OfflineError, ProblemError } from "../ground/api";
import { has, t } from "../ground/i18n";
import type { Problem } from "../ground/types";
import { Dismissed } from "./passkey";

/** Characters that a password needs; the server decides (access/staff/accounts.py). */
export const MIN_PASSWORD = 12;

export interface Refusal {
  /** Name of the field, or null when it is about the whole. */
  field: string | null;
  text: string;
}

/** Put a failure into words; anything that is neither a refusal nor an outage is a mistake of ours, and thrown on. */
export function refusalOf(error: unknown, password = ""): Refusal {
  if (error instanceof Dismissed) return { field: null, text: t(dismissal(error)) };
  if (error instanceof OfflineError) return { field: null, text: t("refusal.offline") };
  if (!(error instanceof ProblemError)) throw error;
  const field = error.problem.field ?? null;
  const key = `refusal.${nameOf(error, password)}`;
  if (!has(key)) return { field, text: ownWords(error.problem) };
  return { field, text: t(key, { least: MIN_PASSWORD, seconds: error.retryAfterS ?? 60 }) };
}

/** Whether the session has ended meanwhile. A wrong password or code names its field, or is asked for by name. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof ProblemError && error.slug === "sign-in-needed" && error.problem.field === undefined;
}

/** Whether the city asks first for a proof of who this is. */
export function asksForProof(error: unknown): boolean {
  return error instanceof ProblemError && error.slug === "proof-needed";
}

/** Whether name and password are right, and a code is asked for as well. */
export function asksForCode(error: unknown): boolean {
  return error instanceof ProblemError && error.slug === "code-needed";
}

function dismissal(error: Dismissed): string {
  return error.message === "InvalidStateError" ? "refusal.passkey-known" : "refusal.dismissed";
}

function nameOf(error: ProblemError, password: string): string {
  const { field } = error.problem;
  if (error.slug === "bad-input" && field === "password" && password.length < MIN_PASSWORD) return "short";
  return field === undefined ? error.slug : `${error.slug}.${field}`;
}

function ownWords({ title, detail, remedy }: Problem): string {
  return detail || remedy ? `${detail} ${remedy}`.trim() : title;
}
