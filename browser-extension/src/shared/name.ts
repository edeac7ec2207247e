/** Longer names help nobody and break the popup's layout. */
const LONGEST = 80;

/** Of what a disk takes (255 bytes on most), in letters of one byte. */
const LONGEST_FILE = 200;

/** The host of an address; null where there is no address, or none with a host. */
export function hostOf(address: string | undefined): string | null {
  try {
    return new URL(address ?? "").hostname || null;
  } catch {
    return null;
  }
}

/** The last part of a URL's path, for people: a name from outside, without what would turn the text around it. Empty if there is none. */
export function nameOf(address: string, longest = LONGEST): string {
  let name: string;
  try {
    name = new URL(address).pathname.split("/").pop() ?? "";
    name = decodeURIComponent(name);
  } catch {
    name = ""; // no URL, or percent signs that stand for nothing
  }
  return name.replace(/[\p{Cc}\p{Cf}]/gu, "").slice(0, longest);
}

/** That name as a file may have it. */
export const fileNameOf = (address: string): string => nameOf(address, LONGEST_FILE).replace(/[\\/:*?"<>|]/g, "_").replace(/^\.+/, "");
