using System.Text;
using System.Threading.Channels;
using Swarm.Core;
using Swarm.Discovery;
using Swarm.Protocol;
using Swarm.Testing;

namespace Swarm.Peer.Tests;

/// <summary>The life of an announced torrent, in virtual time.</summary>
public sealed class AnnouncerTests : IAnnouncerSink
{
    private readonly FakeTime _time = new();
    private readonly ScriptedTracker _tracker = new();
    private int _peers;
    private int _failures;

    public AnnounceProgress Progress => new(1, 2, 3);

    [Fact]
    public async Task V1Torrent_IsStarted_ThenRegular_ThenStopped()
    {
        var announcer = Start(ScriptedPeer.V1Only.InfoHash, ["http://a/"]);
        await ExpectAsync("http://a/ 1111 Started id ");
        await AdvanceToNextAsync(TimeSpan.FromSeconds(990));
        await ExpectAsync("http://a/ 1111 None id tid");

        await announcer.DisposeAsync();

        await ExpectAsync("http://a/ 1111 Stopped id tid");
        Assert.Equal(2, _peers);
        Assert.Equal(0, _failures);
    }

    [Fact]
    public async Task Hybrid_IsAnnouncedUnderBothHashes()
    {
        var announcer = Start(ScriptedPeer.Hybrid.InfoHash, ["http://a/"]);

        var first = await NextAsync();
        var second = await NextAsync();

        Assert.Equal(["http://a/ 1111 Started id ", "http://a/ 2222 Started id "], new[] { first, second }.Order());
        await announcer.DisposeAsync();
    }

    [Fact]
    public async Task FirstRegularAnnounce_ComesNotBeforeTheInterval()
    {
        var announcer = Start(ScriptedPeer.V1Only.InfoHash, ["http://a/"]);
        await ExpectAsync("http://a/ 1111 Started id ");
        await WaitingAsync();

        _time.Advance(TimeSpan.FromSeconds(899));
        Assert.False(_tracker.Announces.Reader.TryPeek(out _));

        await announcer.DisposeAsync();
    }

    [Fact]
    public async Task DeadTracker_IsPassedOver_AndTheOneThatAnswersIsAskedFirstNextTime()
    {
        _tracker.Fails = url => url.Host == "dead";
        var announcer = Start(ScriptedPeer.V1Only.InfoHash, ["http://dead/"], ["http://b/"]);
        await ExpectAsync("http://dead/ 1111 Started id ");
        await ExpectAsync("http://b/ 1111 Started id ");
        await AdvanceToNextAsync(TimeSpan.FromSeconds(990));
        await ExpectAsync("http://dead/ 1111 Started id ");
        await ExpectAsync("http://b/ 1111 None id tid");

        await announcer.DisposeAsync();

        await ExpectAsync("http://b/ 1111 Stopped id tid");
        Assert.Equal(2, _failures);
    }

    [Fact]
    public async Task AllDead_IsRetriedEverLater_AndNobodyIsToldStopped()
    {
        _tracker.Fails = _ => true;
        var announcer = Start(ScriptedPeer.V1Only.InfoHash, ["http://dead/"]);
        for (var wait = 15; wait <= 240; wait *= 2)
        {
            await ExpectAsync("http://dead/ 1111 Started id ");
            await WaitingAsync();
            _time.Advance(TimeSpan.FromSeconds((wait / 2) - 0.5));
            Assert.False(_tracker.Announces.Reader.TryPeek(out _), $"again before {wait / 2} s");
            _time.Advance(TimeSpan.FromSeconds(wait));
        }

        await ExpectAsync("http://dead/ 1111 Started id ");
        await announcer.DisposeAsync();
        Assert.False(_tracker.Announces.Reader.TryPeek(out _));
    }

    [Fact]
    public async Task Completed_IsToldOnce_BeforeTheNextRegularAnnounce()
    {
        var announcer = Start(ScriptedPeer.V1Only.InfoHash, ["http://a/"]);
        await ExpectAsync("http://a/ 1111 Started id ");

        announcer.Completed();
        await ExpectAsync("http://a/ 1111 Completed id tid");
        await AdvanceToNextAsync(TimeSpan.FromSeconds(990));

        await ExpectAsync("http://a/ 1111 None id tid");
        await announcer.DisposeAsync();
    }

    [Fact]
    public async Task TrackerThatHangsOnStopped_IsLeftAfterTwoSeconds()
    {
        var announcer = Start(ScriptedPeer.V1Only.InfoHash, ["http://a/"]);
        await ExpectAsync("http://a/ 1111 Started id ");
        await WaitingAsync();
        _tracker.Hangs = true;

        var stopping = announcer.DisposeAsync().AsTask();
        await ExpectAsync("http://a/ 1111 Stopped id tid");
        _time.Advance(TimeSpan.FromSeconds(2));

        await stopping.WaitAsync(TestPatience.Long, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task NoTrackerWeSpeakTo_EndsQuietly() => await Start(ScriptedPeer.V1Only.InfoHash, ["ws://a:1/"]).DisposeAsync();

    void IAnnouncerSink.Answered(Uri tracker, TrackerResponse response) => Interlocked.Add(ref _peers, response.Peers.Length);

    void IAnnouncerSink.Failed(Uri tracker, TrackerError error) => Interlocked.Increment(ref _failures);

    private Announcer Start(InfoHash infoHash, params string[][] tiers) => Announcer.Start(_tracker, infoHash, tiers, PeerSettings.NewPeerId(), 6881, this, _time, seed: 7);

    private async Task<string> NextAsync() =>
        await _tracker.Announces.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TestPatience.Long);

    private async Task ExpectAsync(string announce) => Assert.Equal(announce, await NextAsync());

    // The loop has a timer running: only then does moving the clock mean anything to it.
    private async Task WaitingAsync()
    {
        using var patience = new CancellationTokenSource(TestPatience.Long);
        while (_time.RunningTimers == 0)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private async Task AdvanceToNextAsync(TimeSpan by)
    {
        await WaitingAsync();
        _time.Advance(by);
    }

    private sealed class ScriptedTracker : ITracker
    {
        public Channel<string> Announces { get; } = Channel.CreateUnbounded<string>();

        public Func<Uri, bool> Fails { get; set; } = _ => false;

        public bool Hangs { get; set; }

        public async Task<TrackerResult> AnnounceAsync(Uri url, TrackerAnnounce announce, CancellationToken cancel)
        {
            Assert.Equal((1, 2, 3), (announce.UploadedBytes, announce.DownloadedBytes, announce.LeftBytes));
            Announces.Writer.TryWrite($"{url} {Convert.ToHexStringLower(announce.InfoHash.Span[..2])} {announce.Event} id {Encoding.ASCII.GetString(announce.TrackerId.Span)}");
            if (Hangs)
            {
                await Task.Delay(Timeout.Infinite, cancel);
            }

            if (Fails(url))
            {
                return TrackerResult.Failed(TrackerStage.Connect, "dead");
            }

            byte[] body = [.. "d8:intervali900e5:peers6:"u8, 127, 0, 0, 1, 0x1a, 0xe1, .. "10:tracker id3:tide"u8];
            return TrackerResponse.TryParse(body, out var response, out var error) ? new(response, null) : throw new InvalidOperationException(error);
        }
    }
}
