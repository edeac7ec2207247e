namespace Swarm.Simulation;

/// <summary>What one client saw.</summary>
public sealed class ReaderMetrics
{
    /// <summary>From opening until 2 s of media (or all of a shorter range) were held; -1 = never.</summary>
    public long StartupMicros { get; set; } = -1;
    public long FirstByteMicros { get; set; } = -1;
    public long PlayedMicros { get; set; }
    public long StalledMicros { get; set; }
    public int Stalls { get; set; }
    public long TakenBytes { get; set; }
    public bool Complete { get; set; }
    public double StallRatio => PlayedMicros + StalledMicros == 0 ? 0 : (double)StalledMicros / (PlayedMicros + StalledMicros);
}

/// <summary>What one run of a world measured, and what it found broken.</summary>
public sealed class Metrics
{
    public List<ReaderMetrics> Readers { get; } = [];
    public long OriginBytes { get; set; }
    public long PeerBytes { get; set; }

    /// <summary>Bytes received of blocks that were here already.</summary>
    public long DuplicateBytes { get; set; }
    public long CorruptBytes { get; set; }
    public int OriginRequests { get; set; }
    public int HashRequests { get; set; }
    public long Events { get; set; }
    public long Decisions { get; set; }
    public long EndedAtMicros { get; set; }

    /// <summary>Blocks released although their truth is corrupt. Must be 0.</summary>
    public long UnverifiedServed { get; set; }

    /// <summary>Longest time a waited-for block was asked of nobody though an idle live source would serve it.</summary>
    public long LongestNeglectMicros { get; set; }

    /// <summary>Requests of a block that its source or three others were asked for already, or that is here. Must be 0.</summary>
    public int DoubleRequests { get; set; }

    public ulong DecisionDigest { get; set; }
    public ulong StateDigest { get; set; }
    public double OriginShare => OriginBytes + PeerBytes == 0 ? 0 : (double)OriginBytes / (OriginBytes + PeerBytes);
    public double DuplicateShare => OriginBytes + PeerBytes == 0 ? 0 : (double)DuplicateBytes / (OriginBytes + PeerBytes);
}
