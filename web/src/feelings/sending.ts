/** When what waits is tried again: when the network returns, when the page is seen again, and now and then meanwhile. */

const AGAIN_MS = 8_000;

/** The part of a service worker's registration that not every browser has. */
interface Syncing {
  readonly sync?: { register(tag: string): Promise<void> };
}

/** Ask the browser to wake our worker when there is a network, also when the page is closed by then. */
export async function askForSync(worker: Pick<ServiceWorkerContainer, "ready" | "controller"> | undefined): Promise<boolean> {
  if (!worker?.controller) return false;
  try {
    const { sync } = (await worker.ready) as Syncing;
    await sync?.register("outbox");
    return sync !== undefined;
  } catch {
    return false; // the person has forbidden it; the page tries by itself
  }
}

/** Call `send` whenever it may succeed, until the returned function is called. */
export function keepSending(send: () => Promise<unknown>, page: Pick<Window, "addEventListener" | "removeEventListener"> = window): () => void {
  let running = false;
  const tryNow = (): void => {
    if (running) return;
    running = true;
    void send().finally(() => {
      running = false;
    });
  };
  const each = setInterval(tryNow, AGAIN_MS);
  page.addEventListener("online", tryNow);
  page.addEventListener("pageshow", tryNow);
  return () => {
    clearInterval(each);
    page.removeEventListener("online", tryNow);
    page.removeEventListener("pageshow", tryNow);
  };
}
