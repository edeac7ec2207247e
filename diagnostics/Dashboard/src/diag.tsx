// The page of `diag serve`: TCP memory of every connection of this machine, and nothing of a node.

import { batch } from "@preact/signals";
import "./app.css";
import { ApiError, forgetToken, get, token } from "./api";
import { link, tcp, tcpHistory } from "./model";
import { open } from "./open";
import { AskToken } from "./parts/AskToken";
import { LinkState } from "./parts/LinkState";
import { remember } from "./tcp";
import type { Tcp } from "./types";
import { TcpView } from "./views/TcpView";

const LOOK_MS = 1000;
/** What a page can show smoothly; the largest come first. */
const MOST_CONNECTIONS = 1000;

function App() {
  return (
    <>
      <header><h1><img src="/dashboard/icon.svg" alt="" width="28" height="28" /> Swarm: TCP memory</h1><LinkState who="program" /></header>
      <main id="main">{link.value === "no token" || link.value === "wrong token"
        ? <AskToken>Open the address that <code>diag serve</code> printed at its start. It makes a new token each time.</AskToken>
        : <TcpView whose="machine" />}</main>
    </>
  );
}

async function look(): Promise<never> {
  for (;;) {
    if (token() && !document.hidden) {
      try {
        const now = await get<Tcp>(`/api/v1/tcp?limit=${MOST_CONNECTIONS}`);
        batch(() => { tcp.value = now; link.value = "live"; remember(tcpHistory, now, performance.now() / 1000); });
      } catch (e) {
        if (e instanceof ApiError && e.status === 401) { forgetToken(); link.value = "wrong token"; }
        else link.value = "lost";
      }
    }
    await new Promise(done => { setTimeout(done, LOOK_MS); });
  }
}

open(<App />);
void look();
