// What a page shows that has no token, or a wrong one.

import { useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { setToken } from "../api";
import { link } from "../model";

/** `children`: where the token is to be had. */
export function AskToken({ children }: { children: ComponentChildren }) {
  const [text, setText] = useState("");
  return (
    <section aria-labelledby="ask"><h2 id="ask">{link.value === "wrong token" ? "That token is not this program's" : "This page needs the token"}</h2>
      <p>{children}</p>
      <form onSubmit={e => { e.preventDefault(); setToken(text); link.value = "connecting"; }}>
        <label for="token">Token</label>
        <input id="token" type="password" autocomplete="off" spellcheck={false} value={text} onInput={e => setText(e.currentTarget.value)} />
        <button>Show</button>
      </form>
    </section>
  );
}
