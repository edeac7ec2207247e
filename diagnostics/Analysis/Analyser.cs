namespace Swarm.Diagnostics.Analysis;

/// <summary>Samples in, findings out: follows every connection and asks the rules, with hysteresis.</summary>
/// <param name="oneSampleSuffices">True for a snapshot, which has no second sample to confirm the first.</param>
public sealed class Analyser(bool oneSampleSuffices = false)
{
    /// <summary>A verdict ends after so many samples without it.</summary>
    private const int SamplesToClear = 3;

    private const int CulpritCount = 3;

    private readonly Dictionary<SocketKey, Followed> _sockets = [];
    private readonly Dictionary<ulong, SocketTrace> _traces = [];
    private readonly List<SocketKey> _gone = [];

    public HostTrack Host { get; } = new();

    /// <summary>How many connections the last samples were of.</summary>
    public int SocketCount => _sockets.Count;

    /// <summary>The connection's track; null when it is not, or no longer, followed.</summary>
    public SocketTrack? TrackOf(in SocketKey key) => _sockets.GetValueOrDefault(key)?.Track;

    public IEnumerable<SocketTrack> Sockets => _sockets.Values.Select(s => s.Track);

    /// <summary>Takes one reading in. A connection that is missing from a whole one has ended, and with it its verdicts.</summary>
    /// <param name="traces">What tracing counted, of the sockets it counted anything of.</param>
    /// <param name="whole">False when only some connections were read; the others stand as they were.</param>
    public void Observe(HostSample host, ReadOnlySpan<SocketSample> samples, ReadOnlySpan<SocketTrace> traces = default, bool whole = true)
    {
        Host.Add(host);
        var collapsed = Host.IsTotal ? null : host[HostCounter.TCPRcvCollapsed];
        TakeTraces(traces);
        foreach (ref readonly var sample in samples)
        {
            if (sample.State is TcpState.Listen or TcpState.TimeWait or TcpState.NewSynReceived)
            {
                continue;
            }

            if (!_sockets.TryGetValue(sample.Key, out var followed))
            {
                _sockets.Add(sample.Key, followed = new Followed(sample, Host.Samples));
            }
            else if (followed.SeenIn == Host.Samples)
            {
                continue;
            }
            else
            {
                followed.Track.Add(sample, HostTrack.RisenBetween(followed.HostCollapsed, collapsed), host.IsTraced);
                followed.SeenIn = Host.Samples;
            }

            followed.HostCollapsed = collapsed;
            if (_traces.Count > 0 && _traces.TryGetValue(sample.Cookie, out var trace))
            {
                followed.Track.Trace = trace;
            }

            Judge(followed);
        }

        if (whole)
        {
            ForgetTheGone();
        }
    }

    /// <summary>What holds now, the most memory first; findings about the machine come at the end.</summary>
    public IReadOnlyList<Finding> Findings()
    {
        var findings = new List<Finding>();
        // Equals in a fixed order: a recording gives the same report as the watch it is of.
        foreach (var followed in _sockets.Values
            .OrderByDescending(f => f.Track.Current.RmemAllocBytes).ThenBy(f => f.Track.Current.Cookie)
            .ThenBy(f => f.Track.Current.Local.Port).ThenBy(f => f.Track.Current.Remote.Port))
        {
            findings.AddRange(RuleBook.Socket.Where((_, i) => followed.Raised[i]).Select(r => r.Report(followed.Track, Host)).OrderBy(f => f.Verdict));
        }

        if (Host.Samples > 0)
        {
            SocketTrack[] culprits = [.. Sockets.Where(s => s.ReclaimableBytes >= Constants.WorthBytes).OrderByDescending(s => s.ReclaimableBytes).Take(CulpritCount)];
            findings.AddRange(RuleBook.Host.Where(r => r.Holds(Host)).Select(r => r.Report(Host, culprits)).OrderBy(f => f.Verdict));
        }

        return findings;
    }

    /// <summary>The verdicts that hold about one connection, the gravest first.</summary>
    public IReadOnlyList<Verdict> VerdictsOf(in SocketKey key) =>
        _sockets.TryGetValue(key, out var followed) ? [.. RuleBook.Socket.Where((_, i) => followed.Raised[i]).Select(r => r.Verdict).Order()] : [];

    /// <summary>The connections about which any verdict holds.</summary>
    public IEnumerable<SocketTrack> Sick => _sockets.Values.Where(static f => Array.IndexOf(f.Raised, true) >= 0).Select(static f => f.Track);

    private void TakeTraces(ReadOnlySpan<SocketTrace> traces)
    {
        foreach (ref readonly var trace in traces)
        {
            var before = _traces.GetValueOrDefault(trace.Cookie);
            var sum = Host.Traced;
            sum.OverLimitSegments += Rise(before.OverLimitSegments, trace.OverLimitSegments);
            sum.OverLimitNanos += Rise(before.OverLimitNanos, trace.OverLimitNanos);
            sum.Collapses += Rise(before.Collapses, trace.Collapses);
            sum.CollapseNanos += Rise(before.CollapseNanos, trace.CollapseNanos);
            sum.LongestNanos = Math.Max(sum.LongestNanos, trace.LongestNanos);
            sum.SkbsRemoved += Rise(before.SkbsRemoved, trace.SkbsRemoved);
            sum.FreedBytes += Rise(before.FreedBytes, trace.FreedBytes);
            sum.MemoryDrops += Rise(before.MemoryDrops, trace.MemoryDrops);
            sum.WindowDrops += Rise(before.WindowDrops, trace.WindowDrops);
            sum.OfoPruned += Rise(before.OfoPruned, trace.OfoPruned);
            var drops = sum.Drops;
            foreach (var reason in DropCounts.Reasons)
            {
                drops[reason] += Rise(before.Drops[reason], trace.Drops[reason]);
            }

            sum.Drops = drops;
            sum.AutotuneEvents += Rise(before.AutotuneEvents, trace.AutotuneEvents);
            Host.Traced = sum;
            _traces[trace.Cookie] = trace;
        }
    }

    // A count that fell is of a table that began anew.
    private static long Rise(long before, long now) => now >= before ? now - before : now;

    private void ForgetTheGone()
    {
        foreach (var (key, followed) in _sockets)
        {
            if (followed.SeenIn != Host.Samples)
            {
                _gone.Add(key);
            }
        }

        foreach (var key in _gone)
        {
            _sockets.Remove(key);
            _traces.Remove(key.Cookie);
        }

        _gone.Clear();
    }

    private void Judge(Followed followed)
    {
        for (var i = 0; i < RuleBook.Socket.Count; i++)
        {
            var rule = RuleBook.Socket[i];
            if (rule.Holds(followed.Track, Host))
            {
                followed.Clear[i] = 0;
                followed.Held[i]++;
                if (rule.KeepMicros > 0)
                {
                    (followed.HeldMicros ??= new long[RuleBook.Socket.Count])[i] = followed.Track.Current.AtMicros;
                }

                followed.Raised[i] |= oneSampleSuffices || followed.Held[i] >= rule.SamplesToRaise;
            }
            else
            {
                followed.Held[i] = 0;
                followed.Clear[i]++;
                followed.Raised[i] &= followed.Clear[i] < SamplesToClear
                    || (followed.HeldMicros is { } held && followed.Track.Current.AtMicros - held[i] < rule.KeepMicros);
            }
        }
    }

    /// <summary>A connection with the state of every rule about it.</summary>
    private sealed class Followed(in SocketSample first, int seenIn)
    {
        public SocketTrack Track { get; } = new(first);

        public int SeenIn { get; set; } = seenIn;

        /// <summary>The machine's count of collapsed skbs when this connection was last read.</summary>
        public long? HostCollapsed { get; set; }

        public int[] Held { get; } = new int[RuleBook.Socket.Count];

        /// <summary>When the answer was last yes, for rules that keep their verdict; most connections never have any.</summary>
        public long[]? HeldMicros { get; set; }

        public int[] Clear { get; } = new int[RuleBook.Socket.Count];

        public bool[] Raised { get; } = new bool[RuleBook.Socket.Count];
    }
}
