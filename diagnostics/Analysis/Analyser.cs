namespace Swarm.Diagnostics.Analysis;

/// <summary>Samples in, findings out: follows every connection and asks the rules, with hysteresis.</summary>
/// <param name="oneSampleSuffices">True for a snapshot, which has no second sample to confirm the first.</param>
public sealed class Analyser(bool oneSampleSuffices = false)
{
    /// <summary>A verdict ends after so many samples without it.</summary>
    private const int SamplesToClear = 3;

    private const int CulpritCount = 3;

    private readonly Dictionary<SocketKey, Followed> _sockets = [];
    private readonly List<SocketKey> _gone = [];

    public HostTrack Host { get; } = new();

    /// <summary>How many connections the last samples were of.</summary>
    public int SocketCount => _sockets.Count;

    public IEnumerable<SocketTrack> Sockets => _sockets.Values.Select(s => s.Track);

    /// <summary>Takes one sweep in. A connection that is missing from it has ended, and with it its verdicts.</summary>
    public void Observe(HostSample host, ReadOnlySpan<SocketSample> samples)
    {
        Host.Add(host);
        var collapsed = Host.RisenNow(HostCounter.TCPRcvCollapsed);
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
                followed.Track.Add(sample, collapsed);
                followed.SeenIn = Host.Samples;
            }

            Judge(followed);
        }

        foreach (var (key, followed) in _sockets)
        {
            if (followed.SeenIn != Host.Samples)
            {
                _gone.Add(key);
            }
        }

        _gone.ForEach(key => _sockets.Remove(key));
        _gone.Clear();
    }

    /// <summary>What holds now, the most memory first; findings about the machine come at the end.</summary>
    public IReadOnlyList<Finding> Findings()
    {
        var findings = new List<Finding>();
        foreach (var followed in _sockets.Values.OrderByDescending(f => f.Track.Current.RmemAllocBytes))
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

    private void Judge(Followed followed)
    {
        for (var i = 0; i < RuleBook.Socket.Count; i++)
        {
            var rule = RuleBook.Socket[i];
            if (rule.Holds(followed.Track, Host))
            {
                followed.Clear[i] = 0;
                followed.Held[i]++;
                followed.Raised[i] |= oneSampleSuffices || followed.Held[i] >= rule.SamplesToRaise;
            }
            else
            {
                followed.Held[i] = 0;
                followed.Clear[i]++;
                followed.Raised[i] &= followed.Clear[i] < SamplesToClear;
            }
        }
    }

    /// <summary>A connection with the state of every rule about it.</summary>
    private sealed class Followed(in SocketSample first, int seenIn)
    {
        public SocketTrack Track { get; } = new(first);

        public int SeenIn { get; set; } = seenIn;

        public int[] Held { get; } = new int[RuleBook.Socket.Count];

        public int[] Clear { get; } = new int[RuleBook.Socket.Count];

        public bool[] Raised { get; } = new bool[RuleBook.Socket.Count];
    }
}
