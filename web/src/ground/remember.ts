/** Small choices of a person, remembered on this phone; a browser that forbids storage just forgets them. */

export type Choice = "language" | "audience" | "boundary" | "greeted" | "own-words" | "console-keys";

export function remembered(choice: Choice): string | null {
  try {
    return localStorage.getItem(`nexus.${choice}`);
  } catch {
    return null;
  }
}

export function remember(choice: Choice, value: string): void {
  try {
    localStorage.setItem(`nexus.${choice}`, value);
  } catch {
    // nothing is lost but the convenience
  }
}

export function forgetAll(): void {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith("nexus.")) localStorage.removeItem(key);
  } catch {
    // there was nothing to forget
  }
}
