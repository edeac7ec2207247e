using System.Net;
using System.Text.Json;

namespace Swarm.Lab.Harness;

/// <summary>A stock libtorrent peer in a process of its own, with the counters it keeps itself.</summary>
public sealed class LibtorrentPeer : IStockPeer
{
    private readonly ChildProcess _process;
    private readonly Lock _gate = new();
    private PeerCounters _counters = new(0, 0, 0, 0, false);

    private LibtorrentPeer(ChildProcess process, IPAddress address)
    {
        _process = process;
        Address = address;
        process.Line += OnLine;
    }

    public IPAddress Address { get; }

    public int Port { get; private set; }

    public IPEndPoint Endpoint => new(Address, Port);

    public int Pid => _process.Pid;

    /// <summary>Its counters as it printed them last (four times a second).</summary>
    public PeerCounters Counters
    {
        get
        {
            lock (_gate)
            {
                return _counters;
            }
        }
    }

    /// <param name="address">127.0.0.2 and up: each peer its own, as trackers tell peers apart by address.</param>
    /// <param name="uploadBytesPerSecond">0: no limit.</param>
    public static async Task<LibtorrentPeer> StartAsync(
        Bench bench, string address, string folder, IReadOnlyList<Torrent> torrents, CancellationToken stop,
        double uploadBytesPerSecond = 0, bool leech = false, IReadOnlyList<IPEndPoint>? dial = null)
    {
        var arguments = new List<string>
        {
            Bench.PeerScript("libtorrent_seed.py"), "--listen", $"{address}:0", "--directory", folder,
            "--upload-bytes-per-second", $"{(long)uploadBytesPerSecond}",
        };
        arguments.AddRange((dial ?? []).SelectMany(d => new[] { "--peer", d.ToString() }));
        if (leech)
        {
            arguments.Add("--leech");
        }

        arguments.AddRange(torrents.Select(t => t.File));
        return await StartAsync(bench, address, Tool.Libtorrent.Program, arguments, stop);
    }

    /// <summary>On a machine of the lab's network, where it finds its peers by the tracker alone.</summary>
    /// <param name="more">Further arguments of its script.</param>
    public static Task<LibtorrentPeer> StartAsync(Bench bench, StockTask task, CancellationToken stop, params string[] more)
    {
        var address = task.Host.Address.ToString();
        var (program, inside) = task.Host.Inside(
            Tool.Libtorrent.Program,
            [
                Bench.PeerScript("libtorrent_seed.py"), "--listen", task.Endpoint.ToString(), "--directory", task.Folder, "--leech",
                "--dht-router", task.DhtRouter?.ToString() ?? "", .. more, task.FileOrMagnet,
            ]);
        return StartAsync(bench, address, program, inside, stop);
    }

    private static async Task<LibtorrentPeer> StartAsync(Bench bench, string address, string program, IEnumerable<string> arguments, CancellationToken stop)
    {
        var process = ChildProcess.Start(bench.Reaper, program, arguments);
        var peer = bench.Own(new LibtorrentPeer(process, IPAddress.Parse(address)));
        var ready = await process.WaitForLineAsync(l => l.Contains("\"ready\"", StringComparison.Ordinal), TimeSpan.FromMinutes(2), stop);
        using var json = JsonDocument.Parse(ready);
        peer.Port = json.RootElement.GetProperty("port").GetInt32();
        return peer;
    }

    public async Task<PeerCounters> CountersAsync(CancellationToken stop)
    {
        await SettleAsync(stop);
        return Counters;
    }

    /// <summary>Waits until its counters satisfy <paramref name="wanted"/>.</summary>
    public async Task<PeerCounters> WaitAsync(Func<PeerCounters, bool> wanted, TimeSpan limit, CancellationToken stop)
    {
        var reached = new TaskCompletionSource<PeerCounters>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look(string _)
        {
            var now = Counters;
            if (wanted(now))
            {
                reached.TrySetResult(now);
            }
        }

        _process.Line += Look;
        try
        {
            return await reached.Task.WaitAsync(limit, stop);
        }
        catch (TimeoutException e)
        {
            throw new LabException($"the peer at {Endpoint} did not get there in {limit.TotalSeconds:F0} s: {Counters}\n{_process.Errors}", e);
        }
        finally
        {
            _process.Line -= Look;
        }
    }

    /// <summary>Waits for counters that were printed after this call.</summary>
    public async Task SettleAsync(CancellationToken stop)
    {
        // The first line may have been on its way before the call.
        for (var lines = 0; lines < 2; lines++)
        {
            await WaitAsync(_ => true, TimeSpan.FromSeconds(10), stop);
        }
    }

    /// <summary>Vanishes, as a machine that is switched off.</summary>
    public Task KillAsync() => _process.KillAsync();

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private void OnLine(string line)
    {
        if (!line.Contains("upload_payload_bytes", StringComparison.Ordinal))
        {
            return;
        }

        lock (_gate)
        {
            _counters = PeerCounters.Read(line);
        }
    }
}
