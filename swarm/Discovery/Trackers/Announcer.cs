using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>
/// Keeps a torrent announced: <c>started</c>, then at the tracker's pace, <c>stopped</c> at the end. One loop for each
/// infohash of the torrent, since a hybrid's two swarms meet at different entries of the tracker. A dead tracker only costs its loop a wait.
/// </summary>
public sealed class Announcer : IPeerFinder
{
    /// <summary>A tracker that misses our <c>stopped</c> forgets us by itself; nobody waits long for it.</summary>
    public static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(2);

    // Enough for 8 to 10 dials at once with most of them dead; libtorrent asks for 200.
    private const int NumWant = 100;

    private readonly ITracker _tracker;
    private readonly IAnnouncerSink _sink;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly PeerId _peerId;
    private readonly int _port;
    private readonly uint _key;
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _run;
    private int _isStopping;

    private Announcer(ITracker tracker, InfoHash infoHash, IReadOnlyList<IReadOnlyList<string>> tiers, PeerId peerId, int port, IAnnouncerSink sink, TimeProvider time, int seed)
    {
        (_tracker, _sink, _time, _peerId, _port) = (tracker, sink, time, peerId, port);
        _random = new Random(seed);
        _key = (uint)_random.Next();
        WireHash?[] hashes = [WireHash.V1Of(infoHash), WireHash.V2Of(infoHash)];
        var loops = hashes.OfType<WireHash>().Select(hash => (Hash: hash, Tiers: new TrackerTiers(tiers, _random))).Where(loop => !loop.Tiers.IsEmpty).ToArray();
        _run = Task.WhenAll(loops.Select(loop => Task.Run(() => RunAsync(loop.Hash, loop.Tiers))));
    }

    /// <param name="tiers">Announce URLs by tier (BEP 12); others than http, https and udp are left out.</param>
    /// <param name="port">Where this node takes peers. Trackers want one; 0 says that it takes none.</param>
    /// <param name="seed">Shuffles and jitters.</param>
    public static Announcer Start(
        ITracker tracker, InfoHash infoHash, IReadOnlyList<IReadOnlyList<string>> tiers, PeerId peerId, int port, IAnnouncerSink sink, TimeProvider time, int seed) =>
        new(tracker, infoHash, tiers, peerId, port, sink, time, seed);

    /// <summary>The download is complete: tell the trackers once (BEP 3).</summary>
    public void Completed() => _completed.TrySetResult();

    /// <summary>Ends the loops and says <c>stopped</c> to the trackers that know us; takes 2 s at most.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isStopping, 1) == 0)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
        }

        await _run.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync(WireHash hash, TrackerTiers tiers)
    {
        Uri? current = null;
        ReadOnlyMemory<byte> trackerId = default;
        var failures = 0;
        var toldCompleted = _completed.Task.IsCompleted;
        try
        {
            while (true)
            {
                var askedCompleted = _completed.Task.IsCompleted;
                var round = await RoundAsync(hash, tiers, current, trackerId, completed: askedCompleted && !toldCompleted).ConfigureAwait(false);
                TimeSpan wait;
                if (round.Tracker is { } answered)
                {
                    failures = 0;
                    toldCompleted |= askedCompleted;
                    (current, trackerId) = (answered, round.Response!.TrackerId);
                    wait = AnnounceSchedule.AfterSuccess(round.Response.IntervalSeconds, round.Response.MinIntervalSeconds, Draw());
                }
                else
                {
                    failures++;
                    wait = AnnounceSchedule.AfterFailure(failures, round.RetrySeconds, Draw());
                }

                await WaitAsync(wait, wakeOnCompletion: !toldCompleted && current is not null && failures == 0).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }

        if (current is not null)
        {
            await SayStoppedAsync(current, hash, trackerId).ConfigureAwait(false);
        }
    }

    // Tries the trackers in order until one answers.
    private async Task<Round> RoundAsync(WireHash hash, TrackerTiers tiers, Uri? current, ReadOnlyMemory<byte> trackerId, bool completed)
    {
        var retrySeconds = 0;
        foreach (var url in tiers.InOrder)
        {
            // "started" is for a tracker that does not know us yet.
            var known = url == current;
            var announce = Announce(hash, !known ? TrackerEvent.Started : completed ? TrackerEvent.Completed : TrackerEvent.None, known ? trackerId : default);
            var result = await _tracker.AnnounceAsync(url, announce, _stop.Token).ConfigureAwait(false);
            if (result.Succeeded)
            {
                tiers.Answered(url);
                _sink.Answered(url, result.Response);
                return new(url, result.Response, 0);
            }

            var error = result.Error ?? default;
            retrySeconds = retrySeconds == 0 ? error.RetrySeconds : Math.Min(retrySeconds, error.RetrySeconds);
            _sink.Failed(url, error);
        }

        return new(null, null, retrySeconds);
    }

    private async Task WaitAsync(TimeSpan wait, bool wakeOnCompletion)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var delay = Task.Delay(wait, _time, over.Token);
        var first = wakeOnCompletion ? await Task.WhenAny(delay, _completed.Task).ConfigureAwait(false) : delay;
        if (first == delay)
        {
            await delay.ConfigureAwait(false);
        }

        await over.CancelAsync().ConfigureAwait(false);
        _stop.Token.ThrowIfCancellationRequested();
    }

    private async Task SayStoppedAsync(Uri url, WireHash hash, ReadOnlyMemory<byte> trackerId)
    {
        using var patience = new CancellationTokenSource(StopTimeout, _time);
        try
        {
            await _tracker.AnnounceAsync(url, Announce(hash, TrackerEvent.Stopped, trackerId), patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It will forget us by itself.
        }
    }

    private TrackerAnnounce Announce(WireHash hash, TrackerEvent why, ReadOnlyMemory<byte> trackerId)
    {
        var peerId = new byte[PeerId.Size];
        _peerId.Write(peerId);
        var progress = _sink.Progress;
        return new(hash.ToArray(), peerId, _port)
        {
            UploadedBytes = progress.UploadedBytes,
            DownloadedBytes = progress.DownloadedBytes,
            LeftBytes = progress.LeftBytes,
            Event = why,
            NumWant = why == TrackerEvent.Stopped ? 0 : NumWant,
            Key = _key,
            TrackerId = trackerId,
        };
    }

    private double Draw()
    {
        lock (_gate)
        {
            return _random.NextDouble();
        }
    }

    private readonly record struct Round(Uri? Tracker, TrackerResponse? Response, int RetrySeconds);
}
