using Swarm.Core;

namespace Swarm.Http;

/// <summary>How the origin is asked whether this client may have these bytes (README, invariant I1).</summary>
public enum PermissionShape : byte
{
    /// <summary>The client's request untouched; its answer goes to the client as it comes.</summary>
    Whole,

    /// <summary>The client's request with its Range narrowed to the first bytes wanted from the origin; the answer is mapped.</summary>
    Probe,

    /// <summary>No request: an uncredentialed permit of the last seconds covers this one too.</summary>
    Reuse,
}

/// <summary>The permission request to make.</summary>
/// <param name="Range">The bytes a probe asks for; empty for the other shapes.</param>
public readonly record struct PermissionRequest(PermissionShape Shape, ByteRange Range)
{
    public static readonly PermissionRequest Whole = new(PermissionShape.Whole, ByteRange.Empty);

    /// <summary>The Range field that replaces the client's; null where the client's fields stay as they are.</summary>
    public string? RangeField => Shape == PermissionShape.Probe ? RangeSet.Format(Range) : null;
}
