namespace Swarm.Core;

/// <summary>What a reader turned out to be; it decides its window and whether its blocks have deadlines.</summary>
internal enum ReaderClass
{
    /// <summary>Nothing consumed yet worth a judgement: its range only, a small window.</summary>
    Probe = 0,

    /// <summary>Consumes at a rate: deadlines, prefetch, hedges.</summary>
    Play = 1,

    /// <summary>Takes all it gets: order only, no hedges.</summary>
    Bulk = 2,
}
