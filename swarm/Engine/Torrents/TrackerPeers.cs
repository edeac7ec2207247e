using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Swarm.Discovery;
using Swarm.Engine.Targets;
using Swarm.Protocol;

namespace Swarm.Engine;

/// <summary>Finds peers by a torrent's trackers, each dialled through the target policy.</summary>
internal sealed partial class TrackerPeers : IAsyncDisposable
{
    // One repetition, 45 s in all, for other trackers wait behind it; the announcer's own schedule tries again.
    private const int UdpRetransmits = 1;

    private readonly AnyTracker _tracker;
    private readonly TargetPolicy _targets;
    private readonly PeerId _peerId;
    private readonly Func<int> _port;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TrackerComplaints _complaints;
    private int _seed;

    /// <param name="port">Where this node takes peers; 0 while it does not.</param>
    public TrackerPeers(TargetPolicy targets, PeerId peerId, Func<int> port, TimeProvider time, ILogger logger)
    {
        (_targets, _peerId, _port, _time, _logger) = (targets, peerId, port, time, logger);
        _complaints = new(time);
        _tracker = new(new HttpTracker(DialAsync, time), new UdpTracker(CheckAsync, time, UdpRetransmits));
    }

    /// <summary>
    /// Announces until disposed. Null for a torrent without a usable tracker: of what came by https a tracker in clear, http or udp, could name who
    /// watches it to anyone on the way.
    /// </summary>
    public IPeerFinder? Start(PeerSearch search)
    {
        var tiers = search.TrackerTiers
            .Select(tier => tier.Where(url => Uri.TryCreate(url, UriKind.Absolute, out var tracker) && AnyTracker.Speaks(tracker) && (!search.HttpsOnly || HttpSeed.IsHttps(url))).ToArray())
            .Where(tier => tier.Length > 0)
            .ToArray();
        if (tiers.Length == 0)
        {
            search.TrackersSilent();
            return null;
        }

        var hashes = new[] { WireHash.V1Of(search.InfoHash), WireHash.V2Of(search.InfoHash) }.OfType<WireHash>().Count();
        var sink = new Sink(this, search, hashes * tiers.SelectMany(static t => t).Select(static url => new Uri(url)).Distinct().Count());
        return Announcer.Start(_tracker, search.InfoHash, tiers, _peerId, _port(), sink, _time, Interlocked.Increment(ref _seed));
    }

    public ValueTask DisposeAsync()
    {
        _tracker.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<Stream> DialAsync(DnsEndPoint to, CancellationToken cancel)
    {
        var dial = await _targets.DialAsync(DialPurpose.Tracker, to.Host, to.Port, cancel);
        return dial.Socket is { } socket
            ? new NetworkStream(socket, ownsSocket: true)
            : throw new IOException(dial.Refusal?.ToString() ?? dial.Failure?.Reason ?? "not reachable");
    }

    private async ValueTask<TrackerAddresses> CheckAsync(DnsEndPoint to, CancellationToken cancel)
    {
        var target = await _targets.CheckAsync(DialPurpose.Tracker, to.Host, to.Port, cancel);
        return target.IsAllowed ? new(target.EndPoints) : new([], target.Refusal?.ToString() ?? target.Failure?.Reason ?? "not reachable");
    }

    /// <param name="tries">One try each, of every tracker under every hash.</param>
    private sealed class Sink(TrackerPeers owner, PeerSearch search, int tries) : IAnnouncerSink
    {
        private int _unheard = tries;

        public AnnounceProgress Progress => new(0, 0, search.LeftBytes());

        public void Answered(Uri tracker, TrackerResponse response)
        {
            owner._complaints.Answered(tracker.Authority);
            search.Found(new(FoundBy.Tracker, [.. response.Peers.Select(p => p.ToEndPoint())], response.Incomplete ?? 0));
        }

        public void Failed(Uri tracker, TrackerError error)
        {
            if (Interlocked.Decrement(ref _unheard) == 0)
            {
                search.TrackersSilent();
            }

            if (!owner._complaints.Failed(tracker.Authority, out var unsaid))
            {
                return;
            }

            if (unsaid == 0)
            {
                LogFailed(owner._logger, tracker.Host, error.Message);
            }
            else
            {
                LogStillFails(owner._logger, tracker.Host, error.Message, unsaid);
            }
        }
    }

    [LoggerMessage(EventId = 10, Level = LogLevel.Information, Message = "tracker {Host}: {Reason}")]
    private static partial void LogFailed(ILogger logger, string host, string reason);

    [LoggerMessage(EventId = 12, Level = LogLevel.Information, Message = "tracker {Host}: {Reason}; so did {Count} tries since the last line")]
    private static partial void LogStillFails(ILogger logger, string host, string reason, int count);
}
