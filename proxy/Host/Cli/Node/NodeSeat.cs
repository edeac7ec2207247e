using System.Net;
using Swarm.Proxy.Control;
using Swarm.Proxy.Lifetime;

namespace Swarm.Proxy.Cli;

/// <summary>The node a verb works with: the running one of its data folder, or one of its own that ends with the verb.</summary>
/// <remarks>One caller at a time. A node that ends meanwhile is replaced by <see cref="TakeAsync"/>.</remarks>
internal sealed class NodeSeat(LoadedSettings loaded, Surroundings surroundings, NodeParts parts) : IAsyncDisposable
{
    // A node that starts beside this one answers within a second or two; a loaded machine needs more.
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    private readonly NodePaths _paths = NodePaths.Of(surroundings, loaded.Settings.DataDirectory);
    private ProxyHost? _own;
    private bool _hinted;

    /// <summary>Valid after <see cref="TakeAsync"/> returned null.</summary>
    public NodeClient Client { get; private set; } = null!;

    /// <summary>The proxy port, as a URL.</summary>
    public string Proxy { get; private set; } = "";

    public StatusView Status { get; private set; } = null!;

    public bool IsOwn => _own is not null;

    /// <summary>Attaches to the running node or starts one. Null, or one sentence why there is none.</summary>
    public async Task<string?> TakeAsync(CancellationToken cancellation)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (await TryAttachAsync(cancellation))
            {
                Hint();
                return null;
            }

            if (_own is not null)
            {
                return "the node of this command does not answer any more.";
            }

            if (await StartAsync(cancellation) is not { } problem)
            {
                continue;
            }

            // Held by a node that starts or stops right now: it will answer, or let go.
            if (problem != NodeFolderLock.HeldBy(_paths) || TimeProvider.System.GetElapsedTime(since) > StartLimit)
            {
                return problem;
            }

            await Task.Delay(Pace, cancellation);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        if (_own is not null)
        {
            await _own.DisposeAsync();
        }
    }

    private async Task<bool> TryAttachAsync(CancellationToken cancellation)
    {
        Client?.Dispose();
        Client = null!;
        if (NodeClient.Find(_paths).Node is not { } node)
        {
            return false;
        }

        if (await node.GetAsync("/api/v1/status", ControlJson.Default.StatusView, cancellation) is { Value: { } status })
        {
            (Client, Proxy, Status) = (node, status.Proxy, status);
            return true;
        }

        node.Dispose();
        return false;
    }

    private async Task<string?> StartAsync(CancellationToken cancellation)
    {
        var settings = loaded.Settings with
        {
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            Control = loaded.Given.ContainsKey("control") ? loaded.Settings.Control : new IPEndPoint(IPAddress.Loopback, 0),
        };
        // What the node would log this verb says itself; who wants the log asks for its format.
        var log = loaded.Given.ContainsKey("log-format") ? surroundings : surroundings with { Error = TextWriter.Null };
        var started = await ProxyHost.StartAsync(settings, log, parts, cancellation);
        cancellation.ThrowIfCancellationRequested();
        _own = started.Part;
        return started.Problem;
    }

    /// <summary>Flags that only an own node would obey are not silently lost.</summary>
    private void Hint()
    {
        if (IsOwn || _hinted)
        {
            return;
        }

        _hinted = true;
        var ignored = loaded.Given.Where(g => g.Value.Where.StartsWith("--", StringComparison.Ordinal) && g.Key is not ("data" or "log-format")).Select(g => "--" + g.Key).ToList();
        if (ignored.Count > 0)
        {
            surroundings.Error.WriteLine($"The node that runs in {_paths.Cache} does the work with its own settings; {string.Join(", ", ignored)} {(ignored.Count == 1 ? "has" : "have")} no effect here.");
        }
    }
}
