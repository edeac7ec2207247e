using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;
using Swarm.Diagnostics.Verbs;

namespace Swarm.Proxy.Control;

/// <summary>The TCP side of this node's own connections. It begins to watch when it is first asked, or at once when it records; before that it costs nothing.</summary>
/// <param name="found">Gets what is found about them, when it changes.</param>
internal sealed class TcpView(Func<IReadOnlyList<OwnConnection>> connections, Action<OwnFinding> found, TimeProvider time) : IAsyncDisposable
{
    private readonly OwnFindings _findings = new(() => new OwnConnections(connections()), found);
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly DiagMetrics _metrics = new();
    private readonly HashSet<SocketKey> _named = [];
    private SocketWatch? _watch;
    private RecordingWriter? _recording;
    private Task _running = Task.CompletedTask;

    /// <summary>Records every reading from now on; a sentence when the file cannot be written.</summary>
    public string? Record(string file, string version)
    {
        lock (_gate)
        {
            var watch = Start();
            _recording = RecordingWriter.TryCreate(file, new RecordingHeader("swarmstream", version, KernelName.Text(), time.GetUtcNow(), watch.Probes), out var problem);
            return problem is null ? null : $"{file} cannot be written: {problem}.";
        }
    }

    /// <summary>The own connections and the findings about them.</summary>
    public byte[] Json()
    {
        lock (_gate)
        {
            return OwnReport.Json(Start(), new OwnConnections(connections()), _metrics);
        }
    }

    /// <summary>Histograms for <c>/metrics</c>, of the own connections.</summary>
    public string Metrics()
    {
        lock (_gate)
        {
            var own = new OwnConnections(connections());
            return _metrics.Text(Start(), s => own.LabelOf(s.Current) is not null, OwnReport.Findings(_watch!, own));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        lock (_gate)
        {
            _recording?.Dispose();
            _watch?.Dispose();
        }

        _stopping.Dispose();
    }

    private SocketWatch Start()
    {
        if (_watch is null)
        {
            _watch = new SocketWatch(SocketWatch.ProbesOfThisMachine(), time) { OnReading = Take };
            _watch.Sweep();
            _running = Task.Run(RunAsync);
        }

        return _watch;
    }

    private void Take(Reading reading)
    {
        _metrics.Add(reading);
        _findings.Look(_watch!.Analyser);
        if (_recording is null)
        {
            return;
        }

        _recording.Write(reading);
        var own = new OwnConnections(connections());
        List<ConnectionName> names = [];
        foreach (ref readonly var sample in reading.Sockets.Samples)
        {
            // A label is written when it becomes known; a later URL of a kept connection is in the API.
            if (!_named.Contains(sample.Key) && own.LabelOf(sample) is { Subject.Length: > 0 } label)
            {
                _named.Add(sample.Key);
                names.Add(new ConnectionName(sample.Key, new SocketOwner(Environment.ProcessId, "swarmstream"), label));
            }
        }

        _recording.Write(names);
        if (_named.Count > _watch!.Analyser.SocketCount)
        {
            // More than there are: the rest have closed.
            _named.RemoveWhere(key => _watch.Analyser.TrackOf(key) is null);
        }
    }

    private async Task RunAsync()
    {
        try
        {
            while (!_stopping.IsCancellationRequested)
            {
                await _watch!.WaitAsync(_stopping.Token);
                lock (_gate)
                {
                    _watch.Step();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }
}
