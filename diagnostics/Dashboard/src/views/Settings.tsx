// How this node was started, and which flag changes it. And the page's own switches.

import { size } from "../format";
import { status } from "../model";
import { forgetToken } from "../api";
import { Outside } from "../parts/Outside";
import { scheme, setScheme, type Scheme } from "../scheme";

export function Settings() {
  const s = status.value;
  if (!s) return <p class="soft">Asking the node…</p>;
  const facts: [string, string, string][] = [
    ["Proxy", s.proxy, "--listen"],
    ["This page", s.control, "--control"],
    ["Peers reach it at", s.peer ?? "nowhere", "--peer-listen"],
    ["Swarm hosts", s.swarm_hosts.join(", ") || "none", "--swarm-host"],
    ["Sharing", s.share, "--share"],
    ["Store", s.store.directory ?? "memory only", "--data"],
    ["Store, used", size(s.store.used_bytes) + (s.store.quota_bytes ? ` of ${size(s.store.quota_bytes)}` : "") + (s.store.writable ? "" : "; cannot be written"), "--quota"],
    ["Version", s.version, ""],
  ];
  return (
    <>
      <section aria-labelledby="node"><h2 id="node">Node</h2>
        <dl>{facts.map(([name, value, flag]) => <div key={name}><dt>{name}{flag && <> <code>{flag}</code></>}</dt><dd><Outside text={value} /></dd></div>)}</dl>
        <p class="soft">Flags, <code>SWARMSTREAM_…</code> variables and <code>swarmstream.json</code> set these; <code>swarmstream config show</code> says where each comes from. After a change of the file: SIGHUP.</p>
      </section>
      <section aria-labelledby="page"><h2 id="page">This page</h2>
        <fieldset><legend>Colours</legend>{(["system", "light", "dark"] as Scheme[]).map(one => (
          <label key={one}><input type="radio" name="scheme" checked={scheme.value === one} onChange={() => setScheme(one)} /> {one}</label>))}
        </fieldset>
        <p><button onClick={() => { forgetToken(); location.reload(); }}>Forget the token in this tab</button> <a href="/plain">Plain page</a></p>
      </section>
    </>
  );
}
