// The page: a line that says whether the node is there, the views, and the open one.

import "uplot/dist/uPlot.min.css";
import "./app.css";
import { link, look, run, status } from "./model";
import { open } from "./open";
import { AskToken } from "./parts/AskToken";
import { LinkState } from "./parts/LinkState";
import { parse, route, to } from "./route";
import { FlowView } from "./views/FlowView";
import { Home } from "./views/Home";
import { Log } from "./views/Log";
import { Origins } from "./views/Origins";
import { Settings } from "./views/Settings";
import { SwarmView } from "./views/SwarmView";
import { TcpView } from "./views/TcpView";

const VIEWS: { id: string; name: string; show: () => preact.JSX.Element }[] = [
  { id: "home", name: "Home", show: Home },
  { id: "flow", name: "Flow", show: FlowView },
  { id: "tcp", name: "TCP memory", show: () => <TcpView whose="node" /> },
  { id: "swarm", name: "Swarm", show: SwarmView },
  { id: "origins", name: "Origins", show: Origins },
  { id: "settings", name: "Settings", show: Settings },
  { id: "log", name: "Log", show: Log },
];

function App() {
  const view = VIEWS.find(v => v.id === route.value.view) ?? VIEWS[0]!;
  const Shown = view.show;
  return (
    <>
      <a class="skip" href="#main" onClick={e => { e.preventDefault(); document.getElementById("main")?.focus(); }}>Skip to the content</a>
      <header>
        <h1><img src="/dashboard/icon.svg" alt="" width="28" height="28" /> Swarm</h1>
        <nav aria-label="Views"><ul>{VIEWS.map(v => <li key={v.id}><a href={to(v.id)} aria-current={v.id === view.id ? "page" : undefined}>{v.name}</a></li>)}</ul></nav>
        <LinkState who="node" live={` · version ${status.value?.version ?? ""}`} />
      </header>
      <main id="main" tabIndex={-1}>{link.value === "no token" || link.value === "wrong token" ? <AskToken>Open the address that <code>swarmstream</code> printed at its start, or paste the content of <code>control.token</code> from its state folder.</AskToken> : <Shown />}</main>
    </>
  );
}

open(<App />, () => { route.value = parse(location.hash); });
void run();
void look();
