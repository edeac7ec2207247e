using System.Text.Json;

namespace Swarm.Lab.Harness;

/// <summary>Many stock libtorrent peers in one process, each on a machine of its own: a process each would measure how twelve pythons start.</summary>
public sealed class LibtorrentCrowd : IAsyncDisposable
{
    private readonly ChildProcess _process;
    private readonly IReadOnlyList<StockTask> _tasks;
    private readonly Lock _gate = new();
    private string _last = "";

    private LibtorrentCrowd(ChildProcess process, IReadOnlyList<StockTask> tasks)
    {
        (_process, _tasks) = (process, tasks);
        process.Line += OnLine;
    }

    /// <summary>Payload that they gave, together.</summary>
    public long GaveBytes => Sum("upload_payload_bytes");

    /// <summary>Payload that they took, what they had already included.</summary>
    public long TookBytes => Sum("download_payload_bytes");

    /// <summary>Starts them on the machines of the tasks; they wait for a magnet.</summary>
    public static async Task<LibtorrentCrowd> StartAsync(Bench bench, IReadOnlyList<StockTask> tasks, CancellationToken stop)
    {
        var process = ChildProcess.Start(
            bench.Reaper, Tool.Libtorrent.Program,
            [Bench.PeerScript("libtorrent_crowd.py"), .. tasks.SelectMany(static t => new[] { "--peer", $"{t.Host.NamespaceFile},{t.Endpoint},{t.Folder}" })]);
        var crowd = bench.Own(new LibtorrentCrowd(process, tasks));
        await process.WaitForLineAsync(static l => l.Contains("\"ready\"", StringComparison.Ordinal), TimeSpan.FromMinutes(2), stop);
        return crowd;
    }

    /// <summary>All of them join, and take the whole file.</summary>
    /// <returns>Seconds that each took.</returns>
    public async Task<IReadOnlyList<double>> TakeAsync(string magnet, TimeSpan limit, CancellationToken stop)
    {
        await _process.WriteLineAsync(magnet, stop);
        return await Poll.UntilAsync(_ => Task.FromResult(Done().All(static s => s is not null)), limit, stop)
            ? [.. Done().Select(static s => s!.Value)]
            : throw new LabException($"of {_tasks.Count} libtorrent peers {Done().Count(static s => s is not null)} were done in {limit.TotalSeconds:F0} s: {Last}\n{_process.Errors}");
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    /// <summary>What they printed last.</summary>
    public string Last
    {
        get
        {
            lock (_gate)
            {
                return _last;
            }
        }
    }

    private IReadOnlyList<double?> Done() =>
        Read(static p => p.GetProperty("seconds") is { ValueKind: JsonValueKind.Number } seconds ? seconds.GetDouble() : (double?)null) is { Count: > 0 } done ? done : [null];

    private long Sum(string counter) => Read(p => p.GetProperty(counter).GetInt64()).Sum();

    private IReadOnlyList<T> Read<T>(Func<JsonElement, T> field)
    {
        if (Last is not { Length: > 0 } line)
        {
            return [];
        }

        using var json = JsonDocument.Parse(line);
        return [.. json.RootElement.EnumerateArray().Select(field)];
    }

    private void OnLine(string line)
    {
        if (line.StartsWith('['))
        {
            lock (_gate)
            {
                _last = line;
            }
        }
    }
}
