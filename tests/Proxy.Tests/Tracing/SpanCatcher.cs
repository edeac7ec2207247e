using System.Collections.Concurrent;
using System.Diagnostics;
using Swarm.Engine.Tracing;

namespace Swarm.Proxy.Tests.Tracing;

/// <summary>Catches the spans of one trace: that of a client whose own span it plays.</summary>
internal sealed class SpanCatcher : IDisposable
{
    private readonly ActivityListener _listener;
    private readonly ConcurrentQueue<Activity> _spans = new();

    public SpanCatcher()
    {
        _listener = new()
        {
            ShouldListenTo = source => source.Name == SwarmTrace.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> o) => o.TraceId == TraceId ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = Take,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public ActivityTraceId TraceId { get; } = ActivityTraceId.CreateRandom();

    public ActivitySpanId ClientSpan { get; } = ActivitySpanId.CreateRandom();

    public string Field => $"traceparent: 00-{TraceId}-{ClientSpan}-01";

    /// <summary>Those that ended so far.</summary>
    public IReadOnlyList<Activity> Spans => [.. _spans];

    public Activity One(string name) => Assert.Single(Spans, s => s.OperationName == name);

    public void Dispose() => _listener.Dispose();

    /// <summary>A source tells all its listeners of a span that one of them wanted.</summary>
    private void Take(Activity span)
    {
        if (span.TraceId == TraceId)
        {
            _spans.Enqueue(span);
        }
    }
}
