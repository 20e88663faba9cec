/**
 * The city's HTTP interface, one method a door. `fetch` and the store of the device token are passed in.
 *
 * Two things can go wrong: the city refuses (`ProblemError`, with its reason and its remedy) or cannot be reached
 * (`OfflineError`). Anything else is a mistake of ours.
 */
import type {
  Charter, CharterVersion, Choice, ClockFace, DayFigures, Display, ErasureReceipt, Framework, HistoryPage,
  IncidentFacts, Keeping, Ledger, Mine, Palette, Place, PlaceSettings, PlaceWords, Places, PresencePass, PrivacyFacts,
  Problem, Proposal, Receipt, Remark, Report, Session, Terms, VitalsFacts, Voice, Why, Withdrawn,
} from "./types";

export type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

/** Where the device token rests between visits. */
export interface TokenStore {
  read(): Promise<string | null>;
  write(token: string | null): Promise<void>;
}

/** The city refused, and says why and what to do next. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  constructor(readonly problem: Problem, readonly retryAfterS: number | null = null) {
    super(`${problem.title}. ${problem.detail} ${problem.remedy}`);
  }

  /** The last part of the problem's type, such as `already-spoken`. */
  get slug(): string {
    return this.problem.type.split("/").at(-1) ?? "";
  }

  /** Whether the same request may succeed later. */
  get passing(): boolean {
    return this.problem.status >= 500 || this.problem.status === 429;
  }
}

/** The city could not be reached; nothing is known about what it received. */
export class OfflineError extends Error {
  override readonly name = "OfflineError";
}

/** Throw again what is neither a refusal nor a city out of reach: that is a mistake of ours. */
export function foreseen(error: unknown): asserts error is ProblemError | OfflineError {
  if (!(error instanceof ProblemError || error instanceof OfflineError)) throw error;
}

/** Why a page about a place cannot be told. */
export function troubleOf(error: unknown): "offline" | "unknown" | "other" {
  foreseen(error);
  if (error instanceof OfflineError) return "offline";
  return error.problem.status === 404 ? "unknown" : "other";
}

/** A token store that forgets when the page closes; for pages that need no token, and for tests. */
export function forgetfulTokens(token: string | null = null): TokenStore {
  return {
    read: () => Promise.resolve(token),
    write: (next) => {
      token = next;
      return Promise.resolve();
    },
  };
}

/** After this long without an answer the city counts as out of reach, ms: a hanging request must not hold the outbox. */
const PATIENCE_MS = 20_000;

export interface Ask {
  method?: string;
  body?: unknown;
  /** Send the device token, asking for one first where there is none. */
  device?: boolean;
}

export class Api {
  constructor(
    private readonly fetch: Fetch,
    private readonly tokens: TokenStore = forgetfulTokens(),
    private readonly base = "",
  ) {}

  places(): Promise<Places> { return this.ask("/v1/places"); }
  vitals(): Promise<VitalsFacts> { return this.ask("/v1/vitals"); }
  vitalDays(): Promise<readonly DayFigures[]> { return this.ask("/v1/vitals/days"); }
  incidents(): Promise<readonly IncidentFacts[]> { return this.ask("/v1/vitals/incidents"); }
  clock(): Promise<ClockFace> { return this.ask("/v1/clock"); }
  palette(): Promise<Palette> { return this.ask("/v1/palette"); }
  words(lang: string): Promise<Framework> { return this.ask(`/v1/words?lang=${encodeURIComponent(lang)}`); }
  ledger(): Promise<Ledger> { return this.ask("/v1/ledger"); }
  privacy(place: string): Promise<PrivacyFacts> { return this.ask(at(place, "privacy")); }
  climate(place: string): Promise<Voice> { return this.ask(at(place, "climate")); }
  placeWords(place: string): Promise<PlaceWords> { return this.ask(at(place, "words")); }
  why(place: string, lang: string): Promise<Why> { return this.ask(`${at(place, "why")}?lang=${encodeURIComponent(lang)}`); }

  /** Climates newest first; pass `next` of the last page to go on. */
  history(place: string, limit = 96, next: string | null = null): Promise<HistoryPage> {
    return this.ask(next ?? `${at(place, "history")}?limit=${limit}`);
  }

  presence(place: string, code: string): Promise<PresencePass> {
    return this.ask(at(place, "presence"), { method: "POST", body: { code }, device: true });
  }

  checkIn(place: string, key: string, report: Report): Promise<Receipt> {
    return this.ask(at(place, "check-ins"), { method: "POST", body: { key, ...report }, device: true });
  }

  edit(place: string, key: string, report: Report): Promise<Receipt> {
    return this.ask(at(place, `check-ins/${encodeURIComponent(key)}`), { method: "PUT", body: report, device: true });
  }

  async withdraw(place: string, key: string): Promise<void> {
    await this.ask(at(place, `check-ins/${encodeURIComponent(key)}`), { method: "DELETE", device: true });
  }

  /** Take back everything of this phone that no window has spoken yet. */
  withdrawAll(): Promise<Withdrawn> { return this.ask("/v1/me/check-ins", { method: "DELETE", device: true }); }

  /** Everything that the city holds of this phone. */
  mine(): Promise<Mine> { return this.ask("/v1/me", { device: true }); }

  /** Have the city erase it, with a receipt. */
  eraseMine(): Promise<ErasureReceipt> { return this.ask("/v1/me", { method: "DELETE", device: true }); }

  retention(): Promise<{ rules: Keeping[] }> { return this.ask("/v1/retention"); }

  /** Have nothing of this phone taken, or let it be taken again. */
  async optOut(on: boolean): Promise<void> {
    await this.ask("/v1/me/opt-out", { method: on ? "PUT" : "DELETE", device: true });
  }

  /** Begin a session with a password, and with a code where the account asks for one. */
  async signIn(name: string, password: string, second?: string): Promise<void> {
    await this.ask("/v1/session", { method: "POST", body: { name, password, ...(second ? { second } : {}) } });
  }

  async signOut(): Promise<void> {
    await this.ask("/v1/session", { method: "DELETE" });
  }

  async setUp(code: string, name: string, password: string): Promise<void> {
    await this.ask("/v1/setup", { method: "POST", body: { code, name, password } });
  }

  session(): Promise<Session> { return this.ask("/v1/session"); }
  settings(place: string): Promise<Place> { return this.ask(at(place, "settings")); }
  display(place: string): Promise<Display> { return this.ask(at(place, "display")); }

  changeSettings(place: string, change: PlaceSettings): Promise<Place> {
    return this.ask(at(place, "settings"), { method: "PATCH", body: change });
  }

  /** The charter in force, and what has changed since the version that was seen (null: the first). */
  charter(place: string, seen: number | null = null): Promise<Charter> {
    return this.ask(at(place, seen === null ? "charter" : `charter?seen=${seen}`));
  }

  charterVersions(place: string): Promise<{ versions: CharterVersion[] }> { return this.ask(at(place, "charter/versions")); }
  consentNotice(place: string): Promise<Record<string, unknown>> { return this.ask(at(place, "consent-notice")); }
  proposals(place: string): Promise<{ proposals: Proposal[] }> { return this.ask(at(place, "charter/proposals")); }

  proposal(place: string, id: string): Promise<{ proposal: Proposal; comments: Remark[] }> {
    return this.ask(at(place, `charter/proposals/${id}`));
  }

  propose(place: string, changes: Partial<Terms>, sentence: string, pass: string | null): Promise<Proposal> {
    return this.ask(at(place, "charter/proposals"), { method: "POST", body: { changes, sentence, pass }, device: true });
  }

  comment(place: string, proposal: string, text: string, pass: string | null): Promise<Remark> {
    return this.ask(at(place, `charter/proposals/${proposal}/comments`), { method: "POST", body: { text, pass }, device: true });
  }

  /** Give a vote, or change it. */
  async vote(place: string, proposal: string, choice: Choice, pass: string | null): Promise<void> {
    await this.ask(at(place, `charter/proposals/${proposal}/vote`), { method: "PUT", body: { choice, pass }, device: true });
  }

  async takeVoteBack(place: string, proposal: string): Promise<void> {
    await this.ask(at(place, `charter/proposals/${proposal}/vote`), { method: "DELETE", device: true });
  }

  veto(place: string, proposal: string, why: string): Promise<Proposal> {
    return this.ask(at(place, `charter/proposals/${proposal}/veto`), { method: "POST", body: { why } });
  }

  async hideComment(place: string, proposal: string, comment: number, why: string): Promise<void> {
    await this.ask(at(place, `charter/proposals/${proposal}/comments/${comment}/hiding`), { method: "POST", body: { why } });
  }

  /** Any door; those of one room only stand in that room. */
  async ask<T>(path: string, ask: Ask = {}): Promise<T> {
    try {
      return await this.once<T>(path, ask, ask.device ? await this.token() : null);
    } catch (error) {
      if (!ask.device || !(error instanceof ProblemError) || error.problem.status !== 401) throw error;
      await this.tokens.write(null); // the city no longer knows this token: it began anew
      return this.once<T>(path, ask, await this.token());
    }
  }

  private async token(): Promise<string> {
    const known = await this.tokens.read();
    if (known !== null) return known;
    const { token } = await this.once<{ token: string }>("/v1/devices", { method: "POST" }, null);
    await this.tokens.write(token);
    return token;
  }

  private async once<T>(path: string, { method = "GET", body }: Ask, token: string | null): Promise<T> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (token !== null) headers["Authorization"] = `Bearer ${token}`;
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const init: RequestInit = { method, headers, signal, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    let response: Response;
    try {
      response = await this.fetch(this.base + path, init);
    } catch {
      throw new OfflineError("The city could not be reached.");
    }
    if (!response.ok) throw await problemOf(response);
    return (response.status === 204 ? undefined : await jsonOf(response)) as T;
  }
}

function at(place: string, rest: string): string {
  return `/v1/places/${encodeURIComponent(place)}/${rest}`;
}

async function jsonOf(response: Response): Promise<unknown> {
  const text = await response.text();
  return text === "" ? undefined : JSON.parse(text);
}

async function problemOf(response: Response): Promise<ProblemError> {
  const retryAfter = Number(response.headers.get("Retry-After") ?? "");
  const bare: Problem = {
    type: "about:blank", title: response.statusText || "Refused", status: response.status, detail: "", remedy: "",
  };
  let said: Partial<Problem> = {};
  try {
    said = JSON.parse(await response.text()) as Partial<Problem>;
  } catch {
    // a proxy between may answer in HTML; the status says enough
  }
  return new ProblemError({ ...bare, ...said, status: response.status }, retryAfter > 0 ? retryAfter : null);
}
