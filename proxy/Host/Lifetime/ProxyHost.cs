using System.Globalization;
using System.Net;
using Swarm.Engine.Metrics;
using Swarm.Engine.Receipts;
using Swarm.Engine.Targets;
using Swarm.Proxy.Cli;
using Swarm.Proxy.Control;
using Swarm.Proxy.Interception;
using Swarm.Proxy.Observability;

namespace Swarm.Proxy.Lifetime;

/// <summary>
/// One running node: the control listener, the engine and the proxy port, started in this order and stopped in reverse.
/// It prints exactly one <c>READY</c> line on stdout once all of them answer.
/// </summary>
internal sealed class ProxyHost : IAsyncDisposable
{
    /// <summary>The front gives open responses 2 s; with the rest of the way down a stop stays under the 5 s of the contract.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2.5);

    private readonly ProxySettings _settings;
    private readonly NodePaths _paths;
    private readonly Stack<(string Name, Func<Task> Stop)> _running = new();
    private readonly ILoggerFactory _logs;
    private readonly ILogger _log;
    private readonly PassedSockets _sockets;

    private ProxyHost(ProxySettings settings, NodePaths paths, ILoggerFactory logs, PassedSockets sockets)
    {
        _sockets = sockets;
        _settings = settings;
        _paths = paths;
        _logs = logs;
        _log = logs.CreateLogger("Swarm.Proxy");
    }

    public IPEndPoint ProxyEndPoint { get; private set; } = new(IPAddress.None, 0);
    public IPEndPoint ControlEndPoint { get; private set; } = new(IPAddress.None, 0);
    public IEngineHost Engine { get; private set; } = null!;
    public ReceiptStore Receipts { get; private set; } = null!;
    public string ReadyLine { get; private set; } = "";

    /// <summary>What the control API asks of who calls it.</summary>
    public string ControlToken { get; private set; } = "";

    /// <summary>The status page with the token where no server log and no Referer sees it: in the fragment.</summary>
    public string DashboardUrl { get; private set; } = "";

    /// <summary>Starts all parts; on trouble, stops what runs already and says why in one or two sentences.</summary>
    /// <param name="sockets">Ports that were opened for this process; null for none.</param>
    public static Task<Started<ProxyHost>> StartAsync(
        ProxySettings settings, Surroundings surroundings, NodeParts parts, CancellationToken cancellation, PassedSockets? sockets = null) =>
        OpenFilesCheck.Obstacle(MachineRounds.OpenFilesMax()) is { } obstacle
            ? Task.FromResult(Started.Failed<ProxyHost>(obstacle))
            : StartHereAsync(settings, surroundings, parts, sockets, cancellation);

    // Apart from what comes before it: this alone loads half of the program's libraries.
    private static async Task<Started<ProxyHost>> StartHereAsync(
        ProxySettings settings, Surroundings surroundings, NodeParts parts, PassedSockets? sockets, CancellationToken cancellation)
    {
        var paths = NodePaths.Of(surroundings, settings.DataDirectory);
        var host = new ProxyHost(settings, paths, StderrLog.CreateFactory(surroundings.Error, settings.LogFormat, TimeProvider.System), sockets ?? new());
        string problem;
        try
        {
            if (await host.StartPartsAsync(parts, cancellation) is not { } trouble)
            {
                return Started.As(host);
            }

            problem = trouble;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            problem = "stopped before it was ready.";
        }
        catch (Exception e)
        {
            HostLog.StartFailed(host._log, e);
            problem = $"the node cannot start: {ErrorText.Of(e)}.";
        }

        await host.DisposeAsync();
        return Started.Failed<ProxyHost>(problem);
    }

    /// <summary>Takes over what of <paramref name="settings"/> can change; says what did and what needs a restart.</summary>
    public string Reload(ProxySettings settings)
    {
        var changed = SettingChanges.Between(_settings, settings);
        if (changed.Count == 0)
        {
            return "Configuration read again: nothing changed.";
        }

        var taken = Engine.Reload(settings).Where(changed.Contains).ToList();
        var waiting = changed.Except(taken).ToList();
        return "Configuration read again"
            + (taken.Count > 0 ? $": {string.Join(", ", taken)} changed" : "")
            + (waiting.Count > 0 ? $"{(taken.Count > 0 ? ";" : ":")} {string.Join(", ", waiting)} need{(waiting.Count == 1 ? "s" : "")} a restart" : "")
            + ".";
    }

    /// <summary>Stops all parts, the proxy port first. A part that fails to stop does not keep the others from it.</summary>
    public async ValueTask DisposeAsync()
    {
        while (_running.TryPop(out var part))
        {
            try
            {
                await part.Stop();
            }
            catch (Exception e)
            {
                HostLog.StopFailed(_log, part.Name, e);
            }
        }

        _logs.Dispose();
    }

    private async Task<string?> StartPartsAsync(NodeParts parts, CancellationToken cancellation)
    {
        if (CreateFolders() is { } noFolder)
        {
            return noFolder;
        }

        var folder = NodeFolderLock.TryTake(_paths.Cache);
        if (folder.Part is not { } held)
        {
            return folder.Problem ?? NodeFolderLock.HeldBy(_paths);
        }

        _running.Push(("data folder", () => { held.Dispose(); return Task.CompletedTask; }));

        var metrics = new SwarmMetrics();
        _running.Push(("metrics", () => { metrics.Dispose(); return Task.CompletedTask; }));
        var receipts = ReceiptStore.Open(_paths.State);
        _running.Push(("receipts", () => receipts.DisposeAsync().AsTask()));
        Receipts = receipts;
        var events = new NodeEventHub();
        receipts.Added += receipt => Announce(receipt, events);

        var own = new OwnListeners();
        if (!AllowedTargets.TryParse(_settings.AllowTargets, out var allowed, out var notAllowed))
        {
            return notAllowed;
        }

        var targets = new TargetPolicy(allowed, own, dials: _settings.Transparent ? new OwnDials() : null);
        var token = Control.ControlToken.LoadOrCreate(_paths.State);
        var node = new NodeFacts(_settings, TimeProvider.System, metrics, receipts, events, new AuthorityFolder(_paths.State).OpenedHosts);
        _running.Push(("tcp", () => node.Tcp.DisposeAsync().AsTask()));
        var control = await ListenAsync("--control", _settings.Control, async () =>
            await ControlPlane.StartAsync(new ControlOptions(_settings.Control, token, node, TimeProvider.System, _logs, SocketFolder: _paths.Runtime, Sockets: _sockets, Otlp: _settings.Otlp), cancellation));
        if (control.Part is not { } plane)
        {
            return control.Problem;
        }

        _running.Push(("control", () => plane.DisposeAsync().AsTask()));
        ControlEndPoint = plane.EndPoint;
        own.Add(plane.EndPoint);

        var start = new NodeStart(_settings, _paths, _paths.Cache, plane.Url, own, targets, metrics, receipts, events, _logs, TimeProvider.System, _sockets);
        var engine = await ListenAsync("--peer-listen", _settings.PeerListen, () => parts.StartEngine(start, cancellation));
        if (engine.Part is not { } running)
        {
            return engine.Problem;
        }

        _running.Push(("engine", () => running.DisposeAsync().AsTask()));
        Engine = running;
        if (running.PeerEndPoint is { } peer)
        {
            own.Add(peer);
        }

        var proxy = await ListenAsync("--listen", _settings.Listen, () => parts.StartProxy(start, running, cancellation));
        if (proxy.Part is not { } front)
        {
            return proxy.Problem;
        }

        _running.Push(("proxy", () => StopProxyAsync(front)));
        ProxyEndPoint = front.EndPoint;

        node.Attach(running.View, front.EndPoint, plane.EndPoint, running.PeerEndPoint);
        if (_settings.RecordDirectory is { } records && node.Tcp.Record(Path.Combine(records, "tcp.swd"), BuildVersion.Line) is { } notRecorded)
        {
            HostLog.TcpNotRecorded(_log, notRecorded);
        }

        var runtime = new RuntimeFile(plane.Url, Environment.ProcessId, Path.Combine(_paths.State, Control.ControlToken.FileName));
        runtime.Write(_paths.Runtime);
        _running.Push(("runtime file", () => { runtime.Remove(_paths.Runtime); return Task.CompletedTask; }));

        ControlToken = token.Text;
        DashboardUrl = $"{plane.Url}/#{token.Text}";
        ReadyLine = string.Create(CultureInfo.InvariantCulture,
            $"READY proxy=http://{front.EndPoint} control={plane.Url} peer={running.PeerEndPoint?.ToString() ?? "none"} share={running.View.Status().Share} hosts={Hosts()}");
        return null;
    }

    private void Announce(ReceiptView receipt, NodeEventHub events)
    {
        var line = ReceiptLine.Format(receipt);
        HostLog.Receipt(_log, line);
        events.Publish(new NodeEvent("receipt", receipt.Timings.Finished, receipt.Id, receipt.TotalBytes, line));
    }

    /// <summary><c>*</c> is not one host: it is said as it is.</summary>
    private string Hosts() => _settings.SwarmHosts.Contains("*") ? "*" : _settings.SwarmHosts.Count.ToString(CultureInfo.InvariantCulture);

    private string? CreateFolders()
    {
        try
        {
            _paths.Create();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"the folder {_paths.Cache} cannot be made: {ErrorText.Of(e)}. Choose another with --data DIR.";
        }
    }

    /// <summary>A socket error while a part starts becomes the sentence that names the flag, the address and who holds it.</summary>
    private static async Task<Started<T>> ListenAsync<T>(string flag, IPEndPoint? endpoint, Func<Task<Started<T>>> start)
        where T : class
    {
        try
        {
            return await start();
        }
        catch (Exception e) when (endpoint is not null && ListenError.Find(e) is { } error)
        {
            return Started.Failed<T>(ListenError.Sentence(flag, endpoint, error));
        }
    }

    private static async Task StopProxyAsync(IProxyListener front)
    {
        using var grace = new CancellationTokenSource(Grace);
        try
        {
            await front.StopAsync(grace.Token);
        }
        finally
        {
            await front.DisposeAsync();
        }
    }
}
