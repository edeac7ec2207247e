// Server-sent events, read by hand. Pure.

/** One event block of a text/event-stream; null for comments. Pure. */
export function parseEvent(block: string): { name: string; data: unknown } | null {
  let name = "message", data = "";
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    else if (line.startsWith("data:")) data += line.slice(5).trim();
  }
  return data === "" ? null : { name, data: JSON.parse(data) as unknown };
}
