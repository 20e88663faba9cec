/** Handing a person a file: nothing is fetched and nothing sent. */

export function save(name: string, content: BlobPart, type: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** 2026-11-25, for the name of a file. */
export function today(now = new Date()): string {
  return now.toISOString().slice(0, 10);
}
