using Swarm.Core;

namespace Swarm.Http;

/// <summary>What the origin's answer to a probe means for the client.</summary>
public enum ProbeOutcomeKind : byte
{
    /// <summary>Permitted: the client gets <see cref="ProbeOutcome.Status"/> and fields of its own request; bytes from store, sources and this answer.</summary>
    Mapped,

    /// <summary>A 200: the origin sends everything, the shape is whole. Pass it on.</summary>
    Whole,

    /// <summary>The probe's answer does not tell what the client's own would be: ask once more, whole.</summary>
    RepeatWhole,

    /// <summary>A 206 of another version: nothing of the pinned one may follow. Ask whole, or reset if bytes have left.</summary>
    Changed,

    /// <summary>The origin's own answer, for the client as it is: 304, 3xx, 401, 403, 404, 410, 416, 5xx and every other.</summary>
    PassThrough,
}

/// <summary>A probe's answer, judged.</summary>
/// <param name="Status">What the client sees if mapped: 200 or 206; else the origin's status.</param>
/// <param name="Fields">The client's end-to-end fields if mapped; null for the other kinds.</param>
/// <param name="Client">The bytes the client gets, if mapped.</param>
/// <param name="Origin">The bytes this answer carries, if mapped.</param>
/// <param name="Difference">In what the version changed.</param>
public sealed record ProbeOutcome(
    ProbeOutcomeKind Kind, int Status, HttpFields? Fields, ByteRange Client, ByteRange Origin, VersionDifference Difference);
