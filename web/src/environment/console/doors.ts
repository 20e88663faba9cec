/** The console's doors. `fetch` is passed in; a refusal is a `ProblemError` and an outage an `OfflineError`, as elsewhere. */
import { OfflineError, ProblemError, type Fetch } from "../../ground/api";
import type { Problem } from "../../ground/types";
import type { ConsoleState, House } from "./house";

export class ConsoleDoors {
  constructor(private readonly fetch: Fetch) {}

  state(): Promise<ConsoleState> { return this.ask("GET", ""); }
  compose(house: House): Promise<ConsoleState> { return this.ask("PUT", "/house", JSON.stringify(house)); }
  undo(): Promise<ConsoleState> { return this.ask("POST", "/undo"); }
  redo(): Promise<ConsoleState> { return this.ask("POST", "/redo"); }
  stop(): Promise<ConsoleState> { return this.ask("POST", "/stop"); }
  release(): Promise<ConsoleState> { return this.ask("POST", "/release"); }
  giveBack(zone: string): Promise<ConsoleState> { return this.ask("DELETE", hand(zone)); }
  cut(zones: readonly string[]): Promise<ConsoleState> { return this.ask("POST", "/cut", JSON.stringify({ zones })); }

  /** Compose what a file says, word for word: the server reads it, and names what does not fit. */
  composeFile(text: string): Promise<ConsoleState> { return this.ask("PUT", "/house", text); }

  take(zone: string, scene: string, minutes: number): Promise<ConsoleState> {
    return this.ask("PUT", hand(zone), JSON.stringify({ scene, minutes }));
  }

  /** Set the master of a zone; of the whole house under an empty name. */
  master(zone: string, level: number): Promise<ConsoleState> {
    return this.ask("PUT", "/masters", JSON.stringify(zone === "" ? { level } : { level, zone }));
  }

  private async ask(method: string, path: string, body?: string): Promise<ConsoleState> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let response: Response;
    try {
      response = await this.fetch(`/v1/console${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
    } catch {
      throw new OfflineError("The city could not be reached.");
    }
    if (!response.ok) throw await problemOf(response);
    return (await response.json()) as ConsoleState;
  }
}

function hand(zone: string): string {
  return `/zones/${encodeURIComponent(zone)}/hand`;
}

async function problemOf(response: Response): Promise<ProblemError> {
  const bare: Problem = { type: "about:blank", title: "Refused", status: response.status, detail: "", remedy: "" };
  const said = (await response.json().catch(() => ({}))) as Partial<Problem>;
  return new ProblemError({ ...bare, ...said, status: response.status });
}
