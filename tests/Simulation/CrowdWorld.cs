using Swarm.Core;

namespace Swarm.Simulation;

/// <summary>A crowd in virtual time: viewers with our scheduler in each, their lines, a tracker, and one thin origin.</summary>
public sealed class CrowdWorld
{
    private const long TrackerMicros = 10_000;
    private const long OriginRttMicros = 40_000;

    /// <summary>As the engine's.</summary>
    private const long ExpectMicros = 1_500_000;

    private readonly List<CrowdViewer> _viewers = [];
    private readonly List<CrowdViewer> _tracked = [];
    private readonly CrowdLine _tracker;
    private SplitMix64 _random;

    /// <param name="crowd">False is the control: the same nodes, told nothing of each other's origin.</param>
    public CrowdWorld(CrowdScenario scenario, ulong seed, bool crowd = true)
    {
        Scenario = scenario;
        _random = new(SplitMix64.Mix(seed));
        ContentBytes = scenario.MediaBytesPerSecond * ((scenario.PlayMicros / 1_000_000) + 25);
        Layout = ContentLayout.Single("film", ContentBytes, scenario.PieceBytes, scenario.HasTree ? new Hash256(1, 2, 3, 4) : default);
        Origin = new(this, new(Queue, scenario.OriginMbit, 1000, OriginRttMicros));
        _tracker = new(Queue, 1000, 1000, TrackerMicros);
        for (var i = 0; i < scenario.Viewers; i++)
        {
            var kind = i == Math.Min(2, scenario.Viewers - 1) ? scenario.Odd : ViewerKind.Usual;
            var rtt = scenario.Viewers == 1 ? 30_000
                : scenario.MinRttMicros + ((scenario.MaxRttMicros - scenario.MinRttMicros) * i / (scenario.Viewers - 1));
            var line = new CrowdLine(Queue, kind == ViewerKind.SlowUplink ? 1 : scenario.UplinkMbit, scenario.DownlinkMbit, rtt);
            var opens = scenario.SpreadMicros > 0
                ? scenario.SpreadMicros * i / Math.Max(1, scenario.Viewers - 1) * (700 + Draw(600)) / 1000
                : Draw(20_000);
            _viewers.Add(new(this, i, line, kind, opens, _random.Next(), crowd));
        }
    }

    public CrowdScenario Scenario { get; }

    public ContentLayout Layout { get; }

    public long ContentBytes { get; }

    public EventQueue Queue { get; } = new();

    internal CrowdOrigin Origin { get; }

    public CrowdMetrics Run()
    {
        foreach (var viewer in _viewers)
        {
            viewer.Start();
            if (viewer.Kind == ViewerKind.Leaver)
            {
                Queue.At(Scenario.LeavesAtMicros, () => viewer.Line.IsDead = true);
            }
        }

        var judged = _viewers.FindAll(v => v.Kind is ViewerKind.Usual or ViewerKind.FreeRider or ViewerKind.SlowUplink);
        Queue.Run(Scenario.EndsAtMicros, () => judged.TrueForAll(v => v.Reader.Metrics.PlayedMicros >= Scenario.PlayMicros));
        var longest = Math.Max(1, (long)_viewers.Max(v => v.Prefix) * PieceLayout.BlockSize);
        return new()
        {
            Viewers = [.. judged.Select(v => v.Reader.Metrics)],
            EndedAtMicros = Queue.NowMicros,
            OriginBytes = Origin.SentBytes,
            OriginRequests = Origin.Requests,
            OriginMultiple = (double)Origin.SentBytes / longest,
            ReceivedBytes = _viewers.Sum(v => v.ReceivedBytes),
            DuplicateBytes = _viewers.Sum(v => v.DuplicateBytes),
            UnverifiedServed = _viewers.Sum(v => v.UnverifiedServed),
            Messages = _viewers.Sum(v => v.Messages),
            Replays = _viewers.TrueForAll(v => v.ReplaysIdentically()),
        };
    }

    internal int Draw(int bound) => _random.Next(bound);

    /// <summary>A viewer has heard of the torrent and asks who else is there; they connect both ways.</summary>
    internal void Announce(CrowdViewer viewer)
    {
        // The metafile from the origin, then the tracker: two round trips each on new connections.
        var asks = (4 * viewer.Line.DelayTo(Origin.Line)) + (3 * viewer.Line.DelayTo(_tracker));
        CrowdViewer[] others = [];
        Queue.After(asks + Scenario.TrackerMicros, () =>
        {
            others = [.. _tracked];
            _tracked.Add(viewer);
        });
        Queue.After(asks + viewer.Line.DelayTo(_tracker) + Scenario.TrackerMicros, () =>
        {
            if (others.Length > 0)
            {
                viewer.Expect(ExpectMicros);
            }

            foreach (var other in others)
            {
                if (!other.Line.IsDead)
                {
                    var roundTrip = 2 * viewer.Line.DelayTo(other.Line);
                    Queue.After((3 * roundTrip / 2) + viewer.Line.BacklogMicros, () => other.Connected(viewer));
                    Queue.After((2 * roundTrip) + other.Line.BacklogMicros, () => viewer.Connected(other));
                }
            }
        });
    }
}
