using System.Collections.Concurrent;
using System.Net;
using Swarm.Core;
using Swarm.Protocol;
using Swarm.Proxy.Cli;
using Swarm.Proxy.Control;
using Swarm.Proxy.Lifetime;

namespace Swarm.Proxy.Tests;

/// <summary>Runs command lines in this process: own variables, own folders, own signals, parts that only listen.</summary>
internal sealed class CliHarness : ILifetimeSignals, IDisposable
{
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Action? _stop;
    private Action? _reload;

    public CliHarness()
    {
        Root = Directory.CreateTempSubdirectory("swarmstream-test-").FullName;
        Variables = new Dictionary<string, string>
        {
            ["HOME"] = Root,
            ["XDG_RUNTIME_DIR"] = Path.Combine(Root, "run"),
        };
        Out = new LineWriter(line =>
        {
            if (line.StartsWith("READY", StringComparison.Ordinal))
            {
                _ready.TrySetResult(line);
            }
        });
        Error = new LineWriter(static _ => { });
    }

    public string Root { get; }
    public Dictionary<string, string> Variables { get; }
    public LineWriter Out { get; }
    public LineWriter Error { get; }
    public FakeNode Node { get; } = new();

    public Task<int> RunAsync(params string[] arguments) => RunAsync(Parts(), arguments);

    public async Task<int> RunAsync(NodeParts parts, params string[] arguments)
    {
        var code = await CommandTree.RunAsync(
            arguments, new Surroundings(Variables, Root, Out, Error), parts, this, TestContext.Current.CancellationToken);
        _ready.TrySetException(new InvalidOperationException($"ended with {code} before READY: {Error.Text}"));
        return code;
    }

    /// <summary>The READY line; fails if the program ends without one.</summary>
    public Task<string> ReadyAsync() => _ready.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

    public void Stop() => _stop!();

    public void Reload() => _reload!();

    public IDisposable Listen(Action stop, Action reload)
    {
        _stop = stop;
        _reload = reload;
        return new Nothing();
    }

    public NodeParts Parts() => new(
        (_, _) => Task.FromResult(Started.As<IEngineHost>(Node)),
        (start, _, _) => Task.FromResult(Started.As<IProxyListener>(new FakeListener(start.Settings.Listen))),
        Replay: null);

    public string Write(string name, string text)
    {
        var path = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private sealed class Nothing : IDisposable
    {
        public void Dispose()
        {
        }
    }
}

/// <summary>Output as tests read it: whole text, and a call for each line.</summary>
internal sealed class LineWriter(Action<string> onLine) : StringWriter
{
    public string Text
    {
        get
        {
            lock (this)
            {
                return ToString();
            }
        }
    }

    public string[] Lines => Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public override void WriteLine(string? value)
    {
        lock (this)
        {
            base.Write(value + "\n");
        }

        onLine(value ?? "");
    }
}

/// <summary>A proxy port that accepts connections and says nothing.</summary>
internal sealed class FakeListener : IProxyListener
{
    private readonly System.Net.Sockets.TcpListener _listener;

    public FakeListener(IPEndPoint at)
    {
        _listener = new System.Net.Sockets.TcpListener(at);
        _listener.Start();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    public Task StopAsync(CancellationToken cancellation)
    {
        _listener.Stop();
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>An engine that shows what a test puts into it.</summary>
internal sealed class FakeNode : IEngineHost, INodeView, ISiteSwarms
{
    public List<ResourceView> ResourceList { get; } = [];
    public List<PeerView> PeerList { get; } = [];
    public Dictionary<string, FlowView> Flows { get; } = [];
    public List<TorrentView> TorrentList { get; } = [];
    public List<byte[]> Added { get; } = [];
    public bool? Kept { get; private set; }
    public List<(string Infohash, TorrentAction Action)> Acts { get; } = [];
    public NodeStatus Now { get; set; } = NodeStatus.Idle;
    public AddTorrentResult AddResult { get; set; } = AddTorrentResult.Refused("The file is not a torrent.");
    public ProxySettings? Reloaded { get; private set; }
    public bool IsDisposed { get; private set; }
    public INodeView View => this;
    public ISiteSwarms Site => this;

    /// <summary>What it seeds, by infohash.</summary>
    public ConcurrentDictionary<string, (Metainfo Torrent, string Path)> Seeded { get; } = new();

    /// <summary>Why it seeds nothing; null where it does.</summary>
    public string? SeedProblem { get; set; }

    /// <summary>How often it was asked to seed.</summary>
    public int SeedCalls { get; private set; }

    public IPEndPoint? PeerEndPoint { get; set; }

    public IPEndPoint? TrackerEndPoint { get; set; }

    public NodeStatus Status() => Now;

    public IReadOnlyList<ResourceView> Resources() => ResourceList;

    public FlowView? Flow(string id, int cells) => Flows.GetValueOrDefault(id) is { } flow ? flow with { Picture = flow.Picture with { BlocksPerCell = cells } } : null;

    public IReadOnlyList<PeerView> Peers() => PeerList;

    public IReadOnlyList<TorrentView> Torrents() => TorrentList;

    public ValueTask<AddTorrentResult> AddTorrentAsync(ReadOnlyMemory<byte> metainfo, bool keep, string? path, CancellationToken cancellation)
    {
        Kept = keep;
        Added.Add(metainfo.ToArray());
        return ValueTask.FromResult(AddResult);
    }

    public ValueTask<AddTorrentResult?> ActAsync(string infohash, TorrentAction action, CancellationToken cancellation)
    {
        Acts.Add((infohash, action));
        return ValueTask.FromResult(TorrentList.FirstOrDefault(t => t.Infohash == infohash) is { } torrent ? AddTorrentResult.AlreadyKnown(torrent) : null);
    }

    public string? Shared { get; private set; }

    public string? Share(string mode)
    {
        Shared = mode;
        return mode is "off" or "reading" or "seed" ? null : "share must be off, reading or seed.";
    }

    public (CapabilityView? Capability, string? Problem) IssueCapability(CapabilityRequest request) =>
        request.Url is { } url ? (new CapabilityView("http://127.0.0.1:1/gateway/~x/" + url, DateTimeOffset.UnixEpoch), null) : (null, "Send a URL.");

    public string? Seed(Metainfo torrent, string path, ReadOnlyMemory<Hash256> leaves)
    {
        SeedCalls++;
        if (SeedProblem is null)
        {
            Seeded[torrent.InfoHash.Id] = (torrent, path);
        }

        return SeedProblem;
    }

    public void Withdraw(string infohash) => Seeded.TryRemove(infohash, out _);

    public List<PlayheadReport> Playheads { get; } = [];

    public bool TellPlayhead(PlayheadReport told)
    {
        Playheads.Add(told);
        return told.Url == "https://films.example/film.mp4";
    }

    public List<string?> Purged { get; } = [];

    public int PurgeCache(string? url)
    {
        Purged.Add(url);
        return 1;
    }

    public IReadOnlyList<string> Reload(ProxySettings settings)
    {
        Reloaded = settings;
        return ["swarm-host"];
    }

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }
}
