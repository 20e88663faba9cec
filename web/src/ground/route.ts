/** Which page an address names. Pages are whole documents: a link is a link, and the worker makes it instant. */

export type Route =
  | { page: "city" }
  | { page: "feel"; place: string }
  | { page: "charter"; place: string }
  | { page: "acts"; place: string }
  | { page: "wall"; place: string }
  | { page: "why"; place: string }
  | { page: "privacy"; place: string | null }
  | { page: "journal" }
  | { page: "boundary" }
  | { page: "data" }
  | { page: "sign-in" }
  | { page: "console" }
  | { page: "account" }
  | { page: "people" }
  | { page: "vitals" }
  | { page: "tending" }
  | { page: "lost" };

const SLUG = "([a-z0-9][a-z0-9-]{0,39})";
const FEEL = new RegExp(`^/p/${SLUG}(?:/feel)?$`);
const CHARTER = new RegExp(`^/p/${SLUG}/charter$`);
const ACTS = new RegExp(`^/p/${SLUG}/acts$`);
const ONE = new RegExp(`^/(wall|why|privacy)/${SLUG}$`);

export function route(pathname: string): Route {
  const path = pathname.replace(/\/+$/, "") || "/";
  const feel = FEEL.exec(path);
  if (feel?.[1] !== undefined) return { page: "feel", place: feel[1] };
  const charter = CHARTER.exec(path);
  if (charter?.[1] !== undefined) return { page: "charter", place: charter[1] };
  const acts = ACTS.exec(path);
  if (acts?.[1] !== undefined) return { page: "acts", place: acts[1] };
  const one = ONE.exec(path);
  if (one?.[1] !== undefined && one[2] !== undefined) return { page: one[1] as "wall" | "why" | "privacy", place: one[2] };
  if (path === "/") return { page: "city" };
  if (path === "/privacy") return { page: "privacy", place: null };
  if (path === "/me") return { page: "journal" };
  if (path === "/me/boundaries") return { page: "boundary" };
  if (path === "/me/data") return { page: "data" };
  if (path === "/sign-in") return { page: "sign-in" };
  if (path === "/console") return { page: "console" };
  if (path === "/account") return { page: "account" };
  if (path === "/console/people") return { page: "people" };
  if (path === "/console/vitals") return { page: "tending" };
  if (path === "/status") return { page: "vitals" };
  return { page: "lost" };
}
