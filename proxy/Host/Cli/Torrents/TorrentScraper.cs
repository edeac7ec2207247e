using System.Net;
using System.Net.Sockets;
using Swarm.Discovery;
using Swarm.Engine.Targets;
using Swarm.Protocol;

namespace Swarm.Proxy.Cli;

/// <summary>Asks every tracker of a torrent for its counts, all at once, each dialled through the target policy.</summary>
internal sealed class TorrentScraper(TargetPolicy targets, TimeProvider time)
{
    /// <summary>A person waits: long enough for one lost datagram and its repetition, which comes after 15 s (BEP 15).</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public async Task<IReadOnlyList<TrackerScrape>> RunAsync(Metainfo torrent, CancellationToken cancellation)
    {
        using var trackers = Open();
        (string Version, ReadOnlyMemory<byte> Hash)[] hashes =
        [
            .. torrent.InfoHash.V1Bytes is { } v1 ? [("v1", (ReadOnlyMemory<byte>)v1)] : Array.Empty<(string, ReadOnlyMemory<byte>)>(),
            .. torrent.InfoHash.V2Truncated is { } v2 ? [("v2", (ReadOnlyMemory<byte>)v2)] : Array.Empty<(string, ReadOnlyMemory<byte>)>(),
        ];
        var asked = torrent.TrackerTiers.SelectMany(t => t).Select(url => AskAsync(trackers, url, hashes, cancellation));
        return [.. (await Task.WhenAll(asked)).SelectMany(s => s)];
    }

    /// <summary>Trackers of both kinds, dialled through the policy.</summary>
    public AnyTracker Open() => new(new HttpTracker(DialAsync, time), new UdpTracker(CheckAsync, time));

    private async Task<IEnumerable<TrackerScrape>> AskAsync(
        AnyTracker trackers, string text, (string Version, ReadOnlyMemory<byte> Hash)[] hashes, CancellationToken cancellation)
    {
        var url = new Uri(text);
        if (!AnyTracker.Speaks(url))
        {
            return [new TrackerScrape(text, null, null, $"{url.Scheme} trackers cannot be asked")];
        }

        using var enough = new CancellationTokenSource(Patience, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation, enough.Token);
        try
        {
            var result = await trackers.ScrapeAsync(url, [.. hashes.Select(h => h.Hash)], patience.Token);
            return result.Succeeded
                ? [.. hashes.Select((h, i) => new TrackerScrape(text, h.Version, result.Counts[i], null))]
                : [new TrackerScrape(text, null, null, result.Error?.Message ?? "no answer")];
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return [new TrackerScrape(text, null, null, $"{url.Host} did not answer within {Patience.TotalSeconds:F0} s")];
        }
    }

    private async ValueTask<Stream> DialAsync(DnsEndPoint to, CancellationToken cancel)
    {
        var dial = await targets.DialAsync(DialPurpose.Tracker, to.Host, to.Port, cancel);
        return dial.Socket is { } socket
            ? new NetworkStream(socket, ownsSocket: true)
            : throw new IOException(dial.Refusal?.ToString() ?? dial.Failure?.Reason ?? "not reachable");
    }

    private async ValueTask<TrackerAddresses> CheckAsync(DnsEndPoint to, CancellationToken cancel)
    {
        var target = await targets.CheckAsync(DialPurpose.Tracker, to.Host, to.Port, cancel);
        return target.IsAllowed ? new(target.EndPoints) : new([], target.Refusal?.ToString() ?? target.Failure?.Reason ?? "not reachable");
    }
}
