import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { badgeOf } from "../src/background/badge";
import { noLongerNeeded } from "../src/background/granted";
import { isHeard } from "../src/background/heard";
import { withPathOf } from "../src/background/menus";
import { representationOf } from "../src/background/publicness";
import { TabMedia } from "../src/background/tab-media";
import { whyNot } from "../src/shared/eligible";
import type { MediaState } from "../src/shared/messages";
import { fileNameOf, hostOf, nameOf } from "../src/shared/name";
import { pairingOf, stateOf } from "../src/shared/node";
import { own } from "../src/shared/own";
import { isOpened, pacText, usesProxy } from "../src/shared/routing";
import { percentages, shareOf } from "../src/shared/share";

const media = (url: string, crossOrigin: string | null = null, encrypted = false) => ({ url, crossOrigin, encrypted });

test("what is plain and public by its looks may be asked of the node", () => {
  assert.equal(whyNot(media("https://films.example/a.mp4?v=2")), null);
  assert.equal(whyNot(media("http://films.example/a.mp4", "anonymous")), null);
});

for (const [url, why] of [
  ["blob:https://films.example/1", "stream"], ["data:video/mp4;base64,AA", "address"], ["file:///a.mp4", "address"], ["no url", "address"],
  ["https://me:secret@films.example/a.mp4", "credentials"],
  ["https://films.example/a.mp4?X-Amz-Signature=1", "signed"], ["https://films.example/a.mp4?Expires=1&Signature=2&Key-Pair-Id=3", "signed"],
  ["https://films.example/a.mp4?token=1", "signed"], ["https://films.example/a.mp4?se=2026&sig=x", "signed"],
] as const) {
  test(`${url} stays with its site: ${why}`, () => assert.equal(whyNot(media(url)), why));
}

test("what needs a login or a key stays with its site", () => {
  assert.equal(whyNot(media("https://films.example/a.mp4", "use-credentials")), "credentials");
  assert.equal(whyNot(media("https://films.example/a.mp4", null, true)), "encrypted");
});

const routes = { hosts: ["films.example", "192.168.1.5", "127.0.0.1"], allHttp: false };
const cases: [string, string, boolean, boolean][] = [
  // URL, host, with these routes, with all plain http
  ["http://films.example/a.mp4", "films.example", true, true],
  ["https://films.example/", "FILMS.example.", true, true],
  ["https://films.example:8443/", "films.example", false, false],
  ["http://other.example/", "other.example", false, true],
  ["https://other.example/", "other.example", false, false],
  ["http://films.example.evil.test/", "films.example.evil.test", false, true],
  ["ftp://films.example/", "films.example", false, false],
  ["http://printer/", "printer", false, false],
  ["http://nas.local/", "nas.local", false, false],
  ["http://192.168.1.5/", "192.168.1.5", false, false],
  ["http://172.20.0.1/", "172.20.0.1", false, false],
  ["http://172.32.0.1/", "172.32.0.1", false, true],
  ["http://127.0.0.1:7977/", "127.0.0.1", false, false],
  ["http://[fd00::1]/", "[fd00::1]", false, false],
  ["http://[::1]/", "[::1]", false, false],
];
for (const [url, host, chosen, all] of cases) {
  test(`${url} goes ${chosen ? "" : "not "}through the node`, () => {
    for (const [allHttp, expected] of [[false, chosen], [true, all]] as const) {
      const now = { ...routes, allHttp };
      assert.equal(usesProxy(url, host, now), expected);
      // Chromium runs the same text in a world of its own.
      const found = runInNewContext(`${pacText("http://127.0.0.1:7976", now)}; FindProxyForURL(${JSON.stringify(url)}, ${JSON.stringify(host)})`) as string;
      assert.equal(found, expected ? "PROXY 127.0.0.1:7976; DIRECT" : "DIRECT");
    }
  });
}

test("a host's name cannot become code of the PAC file", () => {
  const hostile = `"];evil()//\u2028`;
  assert.equal(runInNewContext(`${pacText("http://127.0.0.1:7976", { hosts: [hostile], allHttp: false })}; FindProxyForURL("http://a.example/", "a.example")`), "DIRECT");
});

test("https is opened for the names that the node says, and below those with a star", () => {
  const names = ["films.example", "*.cdn.example"];
  for (const [host, opened] of [["films.example", true], ["a.films.example", false], ["a.cdn.example", true], ["b.a.cdn.example", true], ["cdn.example", false], ["evilcdn.example", false]] as const) {
    assert.equal(isOpened(names, host), opened, host);
  }
});

test("a site that is switched off takes its permissions along, and no other's", () => {
  const before = { sites: ["a.example", "b.example"], mediaHosts: { "a.example": ["cdn.example", "own.example"], "b.example": ["cdn.example"] } };
  const granted = ["http://127.0.0.1/*", "http://*/*", "https://*/*", ...["a", "b", "cdn", "own", "c"].map(name => `https://${name}.example/*`), "http://a.example/*"];
  assert.deepEqual(noLongerNeeded("a.example", before, granted), ["https://a.example/*", "https://own.example/*", "http://a.example/*"]);
  assert.deepEqual(noLongerNeeded("b.example", before, granted), ["https://b.example/*"]);
  assert.deepEqual(noLongerNeeded("127.0.0.1", { sites: ["127.0.0.1"], mediaHosts: {} }, granted), []);
  assert.deepEqual(noLongerNeeded("cdn.example", { sites: ["a.example", "cdn.example"], mediaHosts: before.mediaHosts }, granted), []);
});

test("a page that is not shown says nothing of its media, but one that will be may ask for them", () => {
  for (const kind of ["boost", "playing", "fell-back"] as const) {
    assert.deepEqual([undefined, "active", "prerender", "cached", "pending_deletion"].map(lifecycle => isHeard(kind, lifecycle as "active")), [true, true, kind === "boost", false, false], kind);
  }
});

for (const name of ["constructor", "__proto__", "hasownproperty"]) {
  test(`${name} is a host like any other`, () => {
    const granted = [`https://${name}/*`, "https://cdn.example/*"];
    assert.deepEqual(noLongerNeeded(name, { sites: [name], mediaHosts: {} }, granted), [granted[0]]);
    assert.deepEqual(noLongerNeeded("a.example", { sites: ["a.example", name], mediaHosts: { "a.example": ["cdn.example"] } }, granted), [granted[1]]);
    assert.deepEqual(noLongerNeeded(name, { sites: [name], mediaHosts: { [name]: ["cdn.example"] } }, granted), granted);
    assert.equal(own({}, name), undefined);
    assert.equal(own({ [name]: 2 }, name), 2);
    assert.equal(runInNewContext(`${pacText("http://127.0.0.1:7976", { hosts: [`${name}.example`], allHttp: false })}; FindProxyForURL("http://${name}/", "${name}")`), "DIRECT");
  });
}

test("what the node answers says how it stands", () => {
  assert.equal(stateOf(null, null), "off");
  assert.equal(stateOf(401, null), "refused");
  assert.equal(stateOf(503, null), "starting");
  assert.equal(stateOf(200, "swarmstream.status/1"), "ok");
  assert.equal(stateOf(200, null), "other");
  assert.equal(stateOf(404, null), "other");
});

test("a pasted link pairs only with a node on this computer", () => {
  const token = "A".repeat(43);
  assert.deepEqual(pairingOf(` http://127.0.0.1:7977/#${token}\n`), { control: "http://127.0.0.1:7977", token });
  for (const wrong of [`http://evil.example/#${token}`, `https://127.0.0.1/#${token}`, "http://127.0.0.1:7977/", `http://127.0.0.1:7977/#${token}<`, `http://127.0.0.1.evil.example/#${token}`, ""]) {
    assert.equal(pairingOf(wrong), null, wrong);
  }
});

const by = (origin: number, peer: number, store = 0) => ({ origin, peer, store, mirror: 0, webseed: 0 });
const receipt = (url: string, finished: string, origin: number, peer: number) => ({ url, bytes_by_source: by(origin, peer), timings: { finished } });
const resource = (url: string, origin: number, peer: number) => ({ url, bytes_by_source: by(origin, peer), readers: 1, peers: 2, state: "joined", reason: null });

test("the share of a page counts its own URLs, from its own time", () => {
  const share = shareOf(new Set(["u"]), [resource("u", 10, 30), resource("v", 1000, 0)],
    [receipt("u", "2026-11-22T10:00:00Z", 10, 50), receipt("u", "2026-11-22T08:00:00Z", 1000, 0), receipt("w", "2026-11-22T10:00:00Z", 1000, 0)],
    Date.parse("2026-11-22T09:00:00Z"));
  assert.deepEqual(share, { originBytes: 20, peerBytes: 80, otherBytes: 0 });
  assert.deepEqual(percentages(share), { peers: 80, origin: 20, other: 0 });
});

test("percents add up to a hundred, and nothing is no share", () => {
  assert.equal(percentages({ originBytes: 0, peerBytes: 0, otherBytes: 0 }), null);
  for (const [originBytes, peerBytes, otherBytes] of [[1, 1, 1], [0, 1, 199], [333, 333, 334], [0, 0, 5], [1, 199, 1]] as const) {
    const p = percentages({ originBytes, peerBytes, otherBytes })!;
    assert.equal(p.origin + p.peers + p.other, 100);
    assert.ok(Math.min(p.origin, p.peers, p.other) >= 0);
  }
});

const fields = (values: Record<string, string>) => (name: string) => values[name] ?? null;

test("only an answer that can be compared is compared", () => {
  assert.deepEqual(representationOf(206, fields({ "content-range": "bytes 0-0/500", etag: '"a"' })), { validator: '"a"', length: 500 });
  assert.deepEqual(representationOf(206, fields({ "content-range": "bytes 0-0/500", etag: 'W/"a"', "last-modified": "then" })), { validator: "then", length: 500 });
  for (const [status, values] of [
    [200, { "content-range": "bytes 0-0/500", etag: '"a"' }], [403, {}], [206, { etag: '"a"' }], [206, { "content-range": "bytes 0-0/*", etag: '"a"' }],
    [206, { "content-range": "bytes 0-0/500" }], [206, { "content-range": "bytes 0-0/500", etag: '"a"', "cache-control": "max-age=5, Private" }],
    [206, { "content-range": "bytes 0-0/500", etag: '"a"', "cache-control": "no-store" }],
  ] as [number, Record<string, string>][]) {
    assert.equal(representationOf(status, fields(values)), null, JSON.stringify([status, values]));
  }
});

const playing = (ahead: number, boosted: boolean, atMs: number, paused = false): MediaState => ({
  boosted, why: null, atMs, pageSinceMs: 0,
  playhead: { url: "https://films.example/a.mp4", positionSeconds: 10, durationSeconds: 90, bufferedUntilSeconds: 10 + ahead, rate: 1, paused },
});

test("the badge tells the seconds ahead while something plays", () => {
  assert.equal(badgeOf([playing(18.9, true, 1000)], "ok", 2000).text, "18s");
  assert.equal(badgeOf([playing(18.9, true, 1000), playing(2, true, 1000)], "ok", 2000).text, "2s");
  assert.equal(badgeOf([playing(18, false, 1000)], "ok", 2000).text, "");
  assert.equal(badgeOf([playing(18, true, 1000)], "ok", 60_000).text, "");
  assert.equal(badgeOf([playing(18, true, 1000, true)], "ok", 60_000).text, "18s");
  assert.equal(badgeOf([playing(18, false, 1000)], "off", 2000).text, "!");
  assert.equal(badgeOf([], "off", 2000).text, "");
  assert.equal(badgeOf([playing(5000, true, 1000)], "ok", 2000).text, "999s");
});

const said = (media: TabMedia): string[] => media.of(1).map(m => m.playhead.url);
const showing = (url: string): MediaState => ({ ...playing(1, true, 0), playhead: { ...playing(1, true, 0).playhead, url } });

test("an element that plays something else says nothing of before, and a tab that moved on says nothing", () => {
  const media = new TabMedia();
  media.tell(1, "0 0", showing("first"));
  media.tell(1, "0 1", showing("second"));
  media.tell(2, "0 0", showing("another tab's"));
  media.tell(1, "0 0", showing("next"));
  assert.deepEqual(said(media), ["next", "second"]);
  media.forget(1);
  assert.deepEqual(said(media), []);
  assert.equal(media.of(2).length, 1);
});

test("a page with ten thousand elements is remembered by those that spoke last", () => {
  const media = new TabMedia();
  for (let i = 0; i < 10_000; i++) {
    media.tell(1, `0 ${i}`, showing(String(i)));
  }
  assert.deepEqual(said(media), Array.from({ length: 20 }, (_, i) => String(9980 + i)));
});

test("an address has a host, or none", () => {
  assert.equal(hostOf("https://films.example:8443/a"), "films.example");
  for (const none of ["data:,x", "no url", "", undefined]) {
    assert.equal(hostOf(none), null);
  }
});

test("a name from outside is a name, whatever it holds", () => {
  assert.equal(nameOf("https://films.example/a/A%20film.mp4?x=1"), "A film.mp4");
  assert.equal(nameOf("https://films.example/%E0%A4%A"), "");
  assert.equal(nameOf("https://films.example/"), "");
  assert.equal(nameOf("no url"), "");
  assert.equal(nameOf("https://films.example/a%E2%80%AE4pm.exe"), "a4pm.exe");
  assert.equal(nameOf(`https://films.example/${"x".repeat(10_000)}`).length, 80);
  assert.equal(fileNameOf("https://films.example/..%2F..%2F%22%3E%3Cimg%20src=x%3E"), "_..____img src=x_");
});

test("a torrent's capability serves each of its files", () => {
  assert.equal(withPathOf("http://127.0.0.1:7976/torrents/~T0K/abc/playlist.m3u", "http://127.0.0.1:7976/torrents/abc/folder/a%20b.mp4"),
    "http://127.0.0.1:7976/torrents/~T0K/abc/folder/a%20b.mp4");
});
