// Runs the built program as a person would, and reads what it prints.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const READY_MS = 120_000;

/** The built program: in SWARMSTREAM, or where `dotnet build` leaves it. */
function program() {
  const built = process.env.SWARMSTREAM ?? join(root, "proxy/Host/bin/Release/net10.0/swarmstream");
  if (!existsSync(built)) throw new Error(`${built} is not there; build it first: dotnet build -c Release proxy/Host`);
  return built;
}

/** Runs it with these arguments to its end. */
export async function run(args) {
  const [command, all] = commandOf(program(), args);
  const code = await new Promise(done => { spawn(command, all, { stdio: "ignore" }).once("exit", done); });
  if (code !== 0) throw new Error(`swarmstream ${args.join(" ")} ended with ${code}`);
}

const commandOf = (file, args) => file.endsWith(".dll") ? ["dotnet", [file, ...args]] : [file, args];

/** Starts it with these arguments; resolves when it printed READY, with what stood in the line and the dashboard's address. */
export async function start(args, { file = program(), env = {} } = {}) {
  const [command, all] = commandOf(file, args);
  const child = spawn(command, all, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  let out = "", errors = "";
  const seen = () => ({ out, errors });
  const ended = new Promise(done => child.once("exit", done));
  const ready = await new Promise((done, fail) => {
    const limit = setTimeout(() => fail(new Error(`no READY in ${READY_MS / 1000} s: ${errors}`)), READY_MS);
    const look = () => {
      const line = /^READY (.*)$/m.exec(out);
      const needsPage = args[0] === "demo" || args[0] === "proxy" || args[1] === "serve";
      const dashboard = /^Dashboard: +(\S+)$/m.exec(errors)?.[1];
      if (line && (dashboard || !needsPage)) {
        clearTimeout(limit);
        done({ ...Object.fromEntries(line[1].split(" ").map(pair => { const at = pair.indexOf("="); return [pair.slice(0, at), pair.slice(at + 1)]; })), dashboard });
      }
    };
    child.stdout.on("data", data => { out += data; look(); });
    child.stderr.on("data", data => { errors += data; look(); });
    void ended.then(code => { clearTimeout(limit); fail(new Error(`ended with ${code}: ${errors}`)); });
  });
  return {
    ...ready, seen,
    token: ready.dashboard?.split("#")[1],
    async stop() { child.kill("SIGTERM"); await ended; },
  };
}

/** Waits for a condition; says what did not come. */
export async function until(what, ask, limitMs = 60_000) {
  const end = Date.now() + limitMs;
  for (;;) {
    const got = await ask();
    if (got) return got;
    if (Date.now() > end) throw new Error(`did not happen in ${limitMs / 1000} s: ${what}`);
    await new Promise(done => { setTimeout(done, 100); });
  }
}
