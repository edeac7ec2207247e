using System.Collections.Concurrent;
using System.Diagnostics;
using Swarm.Core;
using Swarm.Engine.Tracing;
using Swarm.Testing;

namespace Swarm.Engine.Tests;

/// <summary>Spans of fetches: none, and nothing allocated, while nobody listens; each ended by what became of its blocks where somebody does.</summary>
public sealed class FetchTraceTests
{
    private const int Peer = 40;
    private static readonly Instant Later = new(9_000_000);

    [Fact]
    public async Task NobodyListens_DecisionsAndEventsAllocateNothing()
    {
        await using var rig = new Rig(trace: null);

        Assert.Equal(0, Allocated.Bytes(rig.OneBlock));
        Assert.Null(SwarmTrace.Step("step"));
    }

    // The gate sees the spans of who listens, or it sees nothing.
    [Fact]
    public async Task TheSameGate_SeesTheSpansOfWhoListens()
    {
        using var caught = new Caught();
        await using var rig = new Rig(caught);

        Assert.True(Allocated.Bytes(rig.OneBlock) > 0);
        Assert.Equal(0, rig.Trace.OpenBlocks);
    }

    [Fact]
    public async Task Run_VerifiedBlockByBlock_EndsWithTheLastAndHoldsItsVerification()
    {
        using var caught = new Caught();
        await using var rig = new Rig(caught);

        rig.Ask(0, 2);
        rig.Tell(EventKind.Arrived, 0);
        rig.Tell(EventKind.Admitted, 0);
        Assert.Empty(caught.Spans);
        rig.Tell(EventKind.Arrived, 1);
        rig.Tell(EventKind.Admitted, 1);

        var fetch = caught.One("fetch");
        Assert.Equal(rig.Reader.Trace.SpanId, fetch.ParentSpanId);
        Assert.Equal((2, "192.0.2.7", 6881, 40001), (fetch.GetTagItem("swarm.block.verified"), fetch.GetTagItem("network.peer.address"), fetch.GetTagItem("network.peer.port"), fetch.GetTagItem("network.local.port")));
        Assert.Equal(fetch.SpanId, caught.One("verify").ParentSpanId);
        Assert.Null(Activity.Current?.Parent);
    }

    [Theory]
    [InlineData(EventKind.Corrupt, 0, 0, "wrong bytes", ActivityStatusCode.Error)]
    [InlineData(EventKind.Rejected, 1, 0, "refused", ActivityStatusCode.Unset)]
    [InlineData(EventKind.SourceLeft, 0, 0, "connection closed", ActivityStatusCode.Unset)]
    [InlineData(EventKind.Choked, 0, 1, "choked", ActivityStatusCode.Unset)]
    public async Task Block_ThatDoesNotCome_EndsTheSpanWithTheReason(EventKind kind, long b, long c, string reason, ActivityStatusCode status)
    {
        using var caught = new Caught();
        await using var rig = new Rig(caught);

        rig.Ask(3, 1);
        rig.Tell(kind, 3, b, c);

        var fetch = caught.One("fetch");
        Assert.Equal((reason, status), (fetch.GetTagItem("swarm.fetch.lost"), fetch.Status));
        Assert.Equal(0, rig.Trace.OpenBlocks);
    }

    [Fact]
    public async Task TakenBackOrWithoutAReader_NothingStaysOpen()
    {
        using var caught = new Caught();
        await using var rig = new Rig(caught);

        rig.Ask(0, 3);
        rig.Trace.OnCancel(new(DecisionKind.Cancel, Peer, 0, 3, Later));
        rig.Ask(4, 2);
        rig.Trace.OnEvent(new(EventKind.ReaderClosed, Later, rig.Reader.Id, 0, 0, 0));
        rig.Ask(8, 1);
        rig.Trace.Close();

        Assert.Equal(["cancelled", "reader closed", "swarm closed"], caught.Spans.Where(s => s.OperationName == "fetch").Select(s => (string)s.GetTagItem("swarm.fetch.lost")!));
        Assert.Equal(0, rig.Trace.OpenBlocks);
    }

    [Fact]
    public async Task OneResponse_HasAThousandFetchesWithSpansAtMost()
    {
        using var caught = new Caught();
        await using var rig = new Rig(caught);

        for (var i = 0; i < 1_500; i++)
        {
            rig.OneBlock();
        }

        Assert.Equal(1_000, caught.Spans.Count(s => s.OperationName == "fetch"));
    }

    private sealed class Rig : IAsyncDisposable
    {
        private readonly TestNode _node = new();
        private readonly FileContent _content;
        private readonly IdlePeer _source = new();
        private readonly Activity? _request;

        public Rig(Caught? trace)
        {
            _content = _node.Content(1 << 20);
            _request = trace is null ? null : SwarmTrace.Source.StartActivity("deliver");
            Reader = new(_node.Context, _content, new(0, 1 << 20), ReaderHint.Unknown);
            _content.AddReader(Reader);
            Trace = new(_node.Context);
        }

        public ResourceReader Reader { get; }

        public FetchTrace Trace { get; }

        public void OneBlock()
        {
            Ask(5, 1);
            Tell(EventKind.Arrived, 5);
            Tell(EventKind.Admitted, 5);
        }

        public void Ask(int first, int count) => Trace.OnRequest(new(DecisionKind.Request, Peer, first, count, Later), _source, _content, first);

        public void Tell(EventKind kind, int block, long b = 0, long c = 0) => Trace.OnEvent(new(kind, Later, Peer, block, b, c));

        public async ValueTask DisposeAsync()
        {
            await Reader.DisposeAsync();
            _request?.Dispose();
            Activity.Current = null;
            await _node.DisposeAsync();
        }
    }

    /// <summary>The spans of this test alone: others of the assembly are of other traces, but none listens.</summary>
    private sealed class Caught : IDisposable
    {
        private readonly ActivityListener _listener;
        private readonly ConcurrentQueue<Activity> _spans = new();

        public Caught()
        {
            _listener = new()
            {
                ShouldListenTo = source => source.Name == SwarmTrace.SourceName,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = _spans.Enqueue,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public IReadOnlyList<Activity> Spans => [.. _spans];

        public Activity One(string name) => Assert.Single(Spans, s => s.OperationName == name);

        public void Dispose() => _listener.Dispose();
    }
}
