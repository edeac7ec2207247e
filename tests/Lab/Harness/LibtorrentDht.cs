using System.Net;
using System.Text.Json;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Harness;

/// <summary>A DHT of stock libtorrent nodes on one machine of the lab's network.</summary>
public sealed class LibtorrentDht : IAsyncDisposable
{
    private const int FirstPort = 7001;
    private const int Nodes = 8;

    private readonly ChildProcess _process;

    private LibtorrentDht(ChildProcess process, IPEndPoint router) => (_process, Router) = (process, router);

    /// <summary>The node by which others enter.</summary>
    public IPEndPoint Router { get; }

    /// <summary>Starts it, and waits until each of its nodes knows another.</summary>
    public static async Task<LibtorrentDht> StartAsync(Bench bench, LabHost host, CancellationToken stop)
    {
        var (program, inside) = host.Inside(
            Tool.Libtorrent.Program,
            [Bench.PeerScript("libtorrent_dht.py"), "--address", host.Address.ToString(), "--first-port", $"{FirstPort}", "--count", $"{Nodes}"]);
        var process = ChildProcess.Start(bench.Reaper, program, inside);
        var dht = bench.Own(new LibtorrentDht(process, new(host.Address, FirstPort)));
        await process.WaitForLineAsync(KnowEachOther, TimeSpan.FromMinutes(2), stop);
        return dht;
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static bool KnowEachOther(string line)
    {
        using var json = JsonDocument.Parse(line);
        return json.RootElement.GetProperty("nodes").EnumerateArray().All(n => n.GetInt32() > 0);
    }
}
