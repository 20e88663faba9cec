/** What to say when something could not be done. */
import { OfflineError, ProblemError } from "../ground/api";
import { t } from "../ground/i18n";

export function sayTrouble(error: unknown, place: string): string {
  if (error instanceof OfflineError) return t("trouble.offline");
  if (!(error instanceof ProblemError)) return t("feel.not-kept"); // what remains is the browser's storage
  return error.slug === "already-spoken" ? t("trouble.spoken", { place }) : t("trouble.refused");
}
