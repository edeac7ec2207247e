using System.Net;
using System.Net.Sockets;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>
/// Announces and scrapes over UDP (BEP 15). It sends only to addresses that the function it is given has checked. A host
/// with IPv4 and IPv6 addresses is asked over both, since each answers with peers of its own family (BEP 7).
/// </summary>
/// <param name="check">Resolves a host and checks its addresses.</param>
/// <param name="maxRetransmits">How often an unanswered request is sent again, 3 at most: the fourth wait is two minutes long.</param>
public sealed class UdpTracker(Func<DnsEndPoint, CancellationToken, ValueTask<TrackerAddresses>> check, TimeProvider? time = null, int maxRetransmits = UdpTracker.MaxRetransmits) : ITracker
{
    public const string Scheme = "udp";

    public const int MaxRetransmits = 3;

    /// <summary>What the slower address family is given once the other has answered.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    /// <summary>For the name alone; a resolver's own two attempts take ten seconds.</summary>
    public static readonly TimeSpan ResolveTimeout = TimeSpan.FromSeconds(15);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly UdpConnectionIds _ids = new(time ?? TimeProvider.System);

    public async Task<TrackerResult> AnnounceAsync(Uri url, TrackerAnnounce announce, CancellationToken cancel)
    {
        var answers = await AskAllAsync(url, Bep15UdpTracker.AnnounceBytes, UdpTrackerAction.Announce,
            (to, id, transaction) => Bep15UdpTracker.WriteAnnounce(to, id, transaction, announce), cancel).ConfigureAwait(false);
        TrackerResponse? merged = null;
        TrackerError? error = null;
        foreach (var answer in answers)
        {
            if (answer.Error is { } failed)
            {
                error ??= failed;
            }
            else if (Bep15UdpTracker.TryReadAnnounce(answer.Datagram, answer.IsIPv6, out var response, out var broken))
            {
                merged = merged is null ? response : merged.MergedWith(response);
            }
            else
            {
                error ??= new(TrackerStage.Answer, $"{url.Host}: {broken}");
            }
        }

        return merged is null ? new(null, error) : new(merged, null);
    }

    /// <summary>Asks for the counts of torrents without announcing them (BEP 48); the first family that answers counts.</summary>
    public async Task<ScrapeResult> ScrapeAsync(Uri url, IReadOnlyList<ReadOnlyMemory<byte>> infoHashes, CancellationToken cancel)
    {
        if (infoHashes.Count is 0 or > Bep15UdpTracker.MaxScrapes)
        {
            return ScrapeResult.Failed(TrackerStage.Url, $"{infoHashes.Count} torrents in one scrape, 1 to {Bep15UdpTracker.MaxScrapes} are possible");
        }

        var answers = await AskAllAsync(url, Bep15UdpTracker.ScrapeBytes(infoHashes.Count), UdpTrackerAction.Scrape,
            (to, id, transaction) => Bep15UdpTracker.WriteScrape(to, id, transaction, infoHashes), cancel).ConfigureAwait(false);
        TrackerError? error = null;
        foreach (var answer in answers)
        {
            var counts = new ScrapeCounts[infoHashes.Count];
            if (answer.Error is { } failed)
            {
                error ??= failed;
            }
            else if (Bep15UdpTracker.TryReadScrape(answer.Datagram, counts))
            {
                return new([.. counts.Select(c => (ScrapeCounts?)c)], null);
            }
            else
            {
                error ??= new(TrackerStage.Answer, $"{url.Host}: {answer.Datagram.Length} bytes are no answer for {infoHashes.Count} torrents");
            }
        }

        return new(null, error);
    }

    // Never empty; expected trouble is in the answers.
    private async Task<IReadOnlyList<UdpAnswer>> AskAllAsync(Uri url, int bytes, UdpTrackerAction action, WriteUdpRequest write, CancellationToken cancel)
    {
        if (url.Scheme != Scheme || url.Port is < 1 or > ushort.MaxValue)
        {
            return [UdpAnswer.Failed(TrackerStage.Url, $"{url.GetLeftPart(UriPartial.Authority)} is no UDP tracker; write udp://HOST:PORT")];
        }

        var addresses = await ResolveAsync(new DnsEndPoint(url.IdnHost.Trim('[', ']'), url.Port), cancel).ConfigureAwait(false);
        var ends = new[] { AddressFamily.InterNetwork, AddressFamily.InterNetworkV6 }
            .Select(family => addresses.EndPoints?.FirstOrDefault(e => e.AddressFamily == family)).OfType<IPEndPoint>().ToArray();
        if (ends.Length == 0)
        {
            return [UdpAnswer.Failed(TrackerStage.Connect, $"{url.Host}: {addresses.Problem ?? "it has no address"}")];
        }

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var asking = ends.Select(end =>
            new UdpExchange(end, url.Host, _ids, _time, Math.Clamp(maxRetransmits, 0, MaxRetransmits)).AskAsync(bytes, action, write, enough.Token)).ToArray();
        await FirstAnswerAsync(asking).ConfigureAwait(false);
        using var grace = new CancellationTokenSource(Grace, _time);
        await using var end = grace.Token.Register(enough.Cancel).ConfigureAwait(false);
        var answers = await Task.WhenAll(asking).ConfigureAwait(false);
        cancel.ThrowIfCancellationRequested();
        return answers;
    }

    private async Task<TrackerAddresses> ResolveAsync(DnsEndPoint host, CancellationToken cancel)
    {
        using var patience = new CancellationTokenSource(ResolveTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        try
        {
            return await check(host, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new([], $"its name was not resolved within {ResolveTimeout.TotalSeconds:F0} s");
        }
    }

    // Returns when one succeeded or all ended.
    private static async Task FirstAnswerAsync(IEnumerable<Task<UdpAnswer>> asking)
    {
        var left = asking.ToList();
        while (left.Count > 0)
        {
            var done = await Task.WhenAny(left).ConfigureAwait(false);
            if ((await done.ConfigureAwait(false)).Error is null)
            {
                return;
            }

            left.Remove(done);
        }
    }
}
