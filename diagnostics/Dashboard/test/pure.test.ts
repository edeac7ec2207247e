// The page's pure functions, run by node's own test runner.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEvent } from "../src/events";
import { clock, nameOf, share, size, span } from "../src/format";
import { keepGone, recent } from "../src/gone";
import { counts } from "../src/picture";
import { Ring, speed } from "../src/ring";
import { parse, to } from "../src/route";
import { sentence } from "../src/sentence";
import { bars, behind, byMost, fullness, keyOf, remember, sparkline, wentBy, type Held } from "../src/tcp";
import type { Connection, Peer, Receipt, Resource, Status, Tcp } from "../src/types";
import { commandFor } from "../src/command";
import { bans, givers, playedOn, sites, sources } from "../src/sums";

const plain = (text: string): string => text.replaceAll("\u00a0", " ");

test("sizes carry three figures and a binary unit", () => {
  assert.deepEqual([0, 999, 1024, 1536, 10 * 1024, 1 << 30].map(size).map(plain), ["0 B", "999 B", "1.00 KiB", "1.50 KiB", "10.0 KiB", "1.00 GiB"]);
});

test("a share never rounds something to nothing or less than all to all", () => {
  assert.deepEqual([share(0, 10), share(1, 1000), share(999, 1000), share(10, 10), share(1, 0)].map(plain), ["0 %", "<1 %", ">99 %", "100 %", "0 %"]);
});

test("durations read as people say them", () => {
  assert.deepEqual([5, 1500, 61_000, 7_260_000].map(span).map(plain), ["5 ms", "1.5 s", "1 min 1 s", "2 h 1 min"]);
});

test("a name is the last part of the path, decoded, and never empty", () => {
  assert.equal(nameOf("http://a/b/my%20film.mp4?x=1"), "my film.mp4");
  assert.equal(nameOf("http://a/%E0%A4%A"), "%E0%A4%A");
  assert.notEqual(nameOf("http://a/"), "");
});

test("an event block becomes its name and data; a comment becomes nothing", () => {
  assert.deepEqual(parseEvent('event: status\ndata: {"a":1}'), { name: "status", data: { a: 1 } });
  assert.equal(parseEvent(":"), null);
});

test("the address names view and id, and comes back the same", () => {
  assert.deepEqual(parse(to("flow", "a/b c")), { view: "flow", id: "a/b c" });
  assert.deepEqual(parse(""), { view: "home", id: null });
});

test("speed needs two seconds of samples", () => {
  const ring = new Ring<number>(3);
  ring.add(0, 0); ring.add(1, 100);
  assert.equal(speed(ring), null);
  ring.add(2, 300); ring.add(4, 700);
  assert.deepEqual(ring.times, [1, 2, 4]);
  assert.equal(speed(ring), 200);
});

test("the strip counts cells by kind, by how full they are", () => {
  assert.deepEqual([...counts({ blocks_per_cell: 4, kinds: "op.p", fill: "9509" })], [["o", 1], ["p", 1.5]]);
});

test("sources of several readers add up by address", () => {
  const reader = (bytes: number) => ({ released: [{ kind: "peer", address: "a", bytes }] }) as never;
  assert.deepEqual(givers([reader(3), reader(4)]), [{ kind: "peer", address: "a", bytes: 7 }]);
});

test("the command to type quotes what a shell would eat, and sends https to the gateway", () => {
  assert.equal(commandFor("http://127.0.0.1:1", "http://h/a'b&c"), "curl -x http://127.0.0.1:1 -O 'http://h/a'\\''b&c'");
  assert.equal(commandFor("http://127.0.0.1:1", "https://h/f?q=1"), "curl -O 'http://127.0.0.1:1/gateway/https/h/f?q=1'");
});

const none = { origin: 0, peer: 0, webseed: 0, mirror: 0, store: 0 };
const node = { notices: [], swarm_hosts: ["*"], torrents: 0, tunnels: [] } as unknown as Status;

test("the first sentence says what to look at before what goes well", () => {
  const playing = { name: "f", readers: 1, peers: 2, bytes_by_source: { ...none, origin: 25, peer: 75 } } as unknown as Resource;
  assert.equal(sentence({ ...node, notices: ["The disk is full."] }, [playing], []).text, "The disk is full.");
  assert.equal(plain(sentence(node, [playing], []).text), "Delivering f: 75 % from 2 peers.");
  assert.equal(sentence({ ...node, swarm_hosts: [] }, [], []).mood, "look");
});

test("https that passes unread is said, but not over what is delivered", () => {
  const tunnel = (host: string, open: number) => ({ host, bytes: 5e6, open }), playing = { name: "f", readers: 1, peers: 2, bytes_by_source: none } as unknown as Resource;
  assert.match(sentence({ ...node, tunnels: [tunnel("a", 1), tunnel("b", 0)] }, [], []).text, /^Not accelerated: https tunnel\. What comes from a and b /);
  assert.match(sentence({ ...node, tunnels: ["a", "b", "c"].map(h => tunnel(h, 1)) }, [], []).text, /from a and 2 more /);
  assert.equal(sentence({ ...node, tunnels: [tunnel("a", 0)] }, [], []).mood, "good");
  assert.match(sentence({ ...node, tunnels: [tunnel("a", 1)] }, [playing], []).text, /^Delivering f/);
});

test("origins add up by host, and count what ended early", () => {
  const receipt = (url: string, outcome: string) => ({ url, outcome, bytes_by_source: { ...none, origin: 1, peer: 2 } }) as unknown as Receipt;
  assert.deepEqual(sites([receipt("http://a/1", "complete"), receipt("http://a/2", "client-gone")]),
    [{ host: "a", downloads: 2, failed: 1, by: { ...none, origin: 2, peer: 4 } }]);
});

test("a connection's history goes when it goes", () => {
  const one = { local_address: "::1", local_port: 1, remote_address: "127.0.0.1", remote_port: 2, rmem_alloc: 5, rcvbuf: 9, payload: 1 } as Connection;
  const history = new Map<string, Ring<Held>>();
  remember(history, { connections: [one] } as unknown as Tcp, 1);
  assert.equal(keyOf(one), "[::1]:1 127.0.0.1:2");
  assert.deepEqual(history.get(keyOf(one))?.values, [{ rmem: 5, rcvbuf: 9, payload: 1 }]);
  assert.deepEqual(wentBy(one, history), [{ rmem: 5, rcvbuf: 9, payload: 1 }]);
  remember(history, { connections: [] } as unknown as Tcp, 2);
  assert.equal(history.size, 0);
});

test("a sparkline has its largest value at the top", () => assert.equal(sparkline([0, 10, 5], 10, 4), "0.0,4.0 5.0,0.0 10.0,2.0"));

test("what is acknowledged but not consumed is behind, where both are known", () => {
  assert.equal(behind({ acked_bytes: 10, consumed_bytes: 4 } as Connection), 6);
  assert.equal(behind({ acked_bytes: 10, consumed_bytes: null } as Connection), null);
});

test("a recording's connection has its own history, and none where it was never worth one", () => {
  const live = new Map<string, Ring<Held>>();
  const recorded = { history: { from_us: 0, to_us: 2, rmem_alloc: [1, 2], rcvbuf: [4, 4], payload: [1, 1] } } as unknown as Connection;
  assert.deepEqual(wentBy(recorded, live), [{ rmem: 1, rcvbuf: 4, payload: 1 }, { rmem: 2, rcvbuf: 4, payload: 1 }]);
  assert.deepEqual(wentBy({ history: null } as Connection, live), []);
});

test("fullness has five steps, and a buffer over its limit is full", () => {
  assert.deepEqual([0, 10, 50, 80, 95, 120].map(rmem => fullness({ rmem, rcvbuf: 100, payload: 0 })), [0, 1, 2, 3, 4, 4]);
  assert.equal(fullness({ rmem: 5, rcvbuf: 0, payload: 0 }), 0);
});

test("a histogram shows what holds anything, one empty bar on each side, and says its bounds", () => {
  assert.deepEqual(bars({ le_seconds: [1e-5, 1e-4, 1e-3, 1e-2], counts: [0, 0, 7, 0, 0] }),
    [{ label: "≤ 100 µs", count: 0 }, { label: "≤ 1.0 ms", count: 7 }, { label: "≤ 10 ms", count: 0 }]);
  assert.deepEqual(bars({ le_seconds: [1], counts: [0, 0] }), []);
});

const peer = (address: string, more: Partial<Peer> = {}): Peer => ({ infohash: "i", kind: "peer", address, have_ratio: 1, bytes_per_second: 3, state: "unchoked", ...more }) as Peer;

test("who leaves is remembered for two minutes, and forgotten when it is back", () => {
  const left = keepGone([], [peer("a"), peer("b")], [peer("b")], 1000, 2000);
  assert.deepEqual(left.map(g => g.peer.address), ["a"]);
  assert.deepEqual(keepGone(left, [peer("b")], [peer("b")], 2000, 3000).length, 1);
  assert.deepEqual(keepGone(left, [peer("b")], [peer("a")], 3000, 4000).map(g => g.peer.address), ["b"]);
  assert.deepEqual(keepGone(left, [], [], 121_000, 122_000), []);
});

test("who was last seen long ago, before a view that does not ask, is nobody who left just now", () => {
  assert.deepEqual(keepGone([], [peer("a")], [], 1000, 300_000), []);
  assert.deepEqual(recent([{ peer: peer("a"), at: 1000 }, { peer: peer("b"), at: 200_000 }], 300_000).map(g => g.peer.address), ["b"]);
});

test("connections stand by the most that they ever held, each with how it went", () => {
  const connection = (remote_port: number, rmem_alloc: number): Connection => ({ local_address: "l", local_port: 1, remote_address: "r", remote_port, rmem_alloc, rcvbuf: 0, payload: 0 }) as Connection;
  const history = new Map<string, Ring<Held>>();
  remember(history, { connections: [connection(1, 9), connection(2, 5)] } as Tcp, 0);
  remember(history, { connections: [connection(1, 0), connection(2, 6)] } as Tcp, 1);
  assert.deepEqual(byMost([connection(2, 6), connection(1, 0), connection(3, 7)], history).map(r => [r.c.remote_port, r.most, r.held.length]), [[1, 9, 2], [3, 7, 0], [2, 6, 2]]);
});

test("sources of a resource are who gave, who is there, and who left", () => {
  const reader = { released: [{ kind: "peer", address: "a", bytes: 5 }, { kind: "origin", address: "h", bytes: 2 }] } as never;
  const rows = sources([reader], "i", [peer("a"), peer("w", { kind: "webseed", state: "resting" }), peer("x", { infohash: "other" })], [{ peer: peer("g"), at: 0 }]);
  assert.deepEqual(rows.map(r => [r.kind, r.address, r.bytes, r.state, r.rate]),
    [["peer", "g", 0, "gone", 0], ["peer", "a", 5, "unchoked", 3], ["webseed", "w", 0, "resting", 3], ["origin", "h", 2, null, null]]);
});

test("who was caught is listed once a block, with the reason", () => {
  const r = { url: "http://h/f", sources: [{ address: "a", client: null, blame: [{ block: 7, reason: "hash" }] }, { address: "b", client: null, blame: [] }] } as unknown as Receipt;
  assert.deepEqual(bans([r, r]), [{ address: "a", client: null, block: 7, reason: "hash", name: "f" }]);
});

test("a place in a film reads as players show it", () => assert.deepEqual([5, 65.9, 3723].map(clock), ["0:05", "1:05", "1:02:03"]));

test("a player goes on between two answers, up to what it has buffered", () => {
  const at = { player: "p", url: "u", seconds: 10, duration_seconds: 60, buffered_seconds: 2, paused: false };
  assert.deepEqual(playedOn([at], 0.5), [{ ...at, seconds: 10.5, buffered_seconds: 1.5 }]);
  assert.deepEqual(playedOn([at], 9), [{ ...at, seconds: 12, buffered_seconds: 0 }]);
  assert.deepEqual(playedOn([{ ...at, paused: true }], 9), [{ ...at, paused: true }]);
});
