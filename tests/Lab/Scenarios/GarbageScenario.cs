using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Swarm.Lab.Harness;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Scenarios;

/// <summary>A node with its tracker and its DHT under a thousand datagrams a second that nobody asked for, from sources that are made up, while stock clients look for what it has.</summary>
public sealed class GarbageScenario : IScenario
{
    private const int FilmBytes = (4 << 20) + 12_345;
    private const int TrackerPort = 6969;
    private const int IpHeaderBytes = 20;
    private const int PacketsPerSecond = 1_000;
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    public string Name => "garbage";

    public string Holds => "1,000 garbage or spoofed packets a second for 30 s at tracker and DHT: bytes out ≤ bytes in, memory flat, libtorrent finds the node by its tracker and by the DHT";

    public IReadOnlyList<Tool> Needs => [Tool.Libtorrent];

    public bool IsInCi => false;

    public string? Lacks => LabNetwork.Missing;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var network = await LabNetwork.StartAsync(bench, [.. Enumerable.Repeat(LineRate.Unlimited, 4)], stop);
        var (ours, dhtHost, strangers, clients) = (network.Hosts[0], network.Hosts[1], network.Hosts[2], network.Hosts[3]);
        var film = Film.Noise("film.mp4", FilmBytes, 61, 1_000_000);
        var folder = bench.NewFolder("seeded");
        await File.WriteAllBytesAsync(Path.Combine(folder, film.Name), film.Content, stop);
        var tracker = new IPEndPoint(ours.Address, TrackerPort);
        var torrent = await Torrent.CreateAsync(
            bench, Path.Combine(folder, film.Name), Path.Combine(bench.Folder, "film.torrent"), stop, tracker: new($"udp://{tracker}/announce"));
        var dht = await LibtorrentDht.StartAsync(bench, dhtHost, stop);
        await using var node = await SwarmstreamNode.StartOnAsync(
            bench, ours, stop, ["--share", "seed", "--seed-now", "--tracker-listen", $"{tracker}", .. SwarmstreamNode.DhtFlags(dht.Router)]);
        await node.AdoptAsync(torrent, folder, stop);

        // Whoever was not asked for is answered only once others reach this node, and its code is compiled by then.
        await TakesAsync(bench, clients, torrent, dht.Router, film, "before: libtorrent by the DHT", report, stop);

        // UDP alone: the peers' own connections are TCP. What goes to addresses that are nobody's counts as well, and so do the genuine lookups.
        var dhtPort = node.Peer!.Port;
        long byDht = 0, byTracker = 0;
        ours.Watch(packet =>
        {
            if (packet.Length > IpHeaderBytes + 8 && packet[9] == (byte)ProtocolType.Udp)
            {
                var from = BinaryPrimitives.ReadUInt16BigEndian(packet[IpHeaderBytes..]);
                Interlocked.Add(ref from == dhtPort ? ref byDht : ref byTracker, packet.Length);
            }
        });
        var flood = new Flood(strangers, new(ours.Address, dhtPort), tracker, Convert.FromHexString(torrent.V1!));
        var running = flood.RunAsync(PacketsPerSecond, Length, stop);
        var warm = await Poll.UntilAsync(_ => Task.FromResult(flood.SentPackets > PacketsPerSecond * 10), Limit, stop);
        var before = ProcessMemory.AnonymousOf(node.Pid);
        await TakesAsync(bench, clients, torrent, dht.Router, film, "meanwhile: libtorrent by the DHT", report, stop);
        await TakesAsync(bench, clients, torrent, null, film, "meanwhile: libtorrent by the tracker", report, stop);
        await running;
        var grown = ProcessMemory.AnonymousOf(node.Pid) - before;

        report.True("the flood ran", warm, $"{flood.SentPackets} packets");
        report.AtLeast("packets a second", flood.SentPackets / Length.TotalSeconds, PacketsPerSecond * 0.9, "");
        report.AtMost("bytes that the DHT sent, over what it was sent", (double)Interlocked.Read(ref byDht) / flood.DhtBytes, 1, "");
        report.AtMost("bytes that the tracker sent, over what it was sent", (double)Interlocked.Read(ref byTracker) / flood.TrackerBytes, 1, "");
        report.True("some of it was answered", byDht > 0 && byTracker > 0, $"{byDht} B, {byTracker} B");
        report.AtMost("RssAnon from the tenth second to the end", grown / (double)(1 << 20), 16, "MiB more");
        report.Note("the flood", $"{flood.SentPackets} packets, {flood.DhtBytes} B to the DHT, {flood.TrackerBytes} B to the tracker");
        await node.TerminateAsync();
    }

    private static async Task TakesAsync(Bench outer, LabHost host, Torrent torrent, IPEndPoint? router, Film film, string what, Report report, CancellationToken stop)
    {
        await using var bench = new Bench(outer.Log);
        var folder = bench.NewFolder("leech");

        // By the DHT it has hashes alone, by the tracker the file that names it.
        var leech = await LibtorrentPeer.StartAsync(bench, new StockTask(host, folder, torrent, router is null ? null : torrent.Magnet) { DhtRouter = router }, stop);
        var end = await leech.WaitAsync(static c => c.Seeding, Limit, stop);
        report.True($"{what}: identical", (await File.ReadAllBytesAsync(Path.Combine(folder, film.Name), stop)).AsSpan().SequenceEqual(film.Content), $"{end.DownloadedBytes} B");
        report.Exchanged(Tool.Libtorrent, what, end.DownloadedBytes);
    }
}
