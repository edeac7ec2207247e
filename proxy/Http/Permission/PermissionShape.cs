using Swarm.Core;

namespace Swarm.Http;

/// <summary>How the origin is asked whether this client may have these bytes (README, invariant I1).</summary>
public enum PermissionShape : byte
{
    /// <summary>The client's request untouched; its answer goes to the client as it comes.</summary>
    Whole,

    /// <summary>The client's request with its Range narrowed to the first bytes wanted from the origin; the answer is mapped.</summary>
    Probe,

    /// <summary>
    /// A probe with If-None-Match, where every byte and the stored fields of the version are here: 304 is the permit and costs no
    /// content. The Range stays for servers that pass over the condition.
    /// </summary>
    Revalidate,

    /// <summary>No request: an uncredentialed permit of the last seconds covers this one too.</summary>
    Reuse,
}

/// <summary>The permission request to make.</summary>
/// <param name="Range">The bytes a probe or revalidation asks for; empty for the other shapes, and for a revalidation with the client's own Range.</param>
public readonly record struct PermissionRequest(PermissionShape Shape, ByteRange Range)
{
    public static readonly PermissionRequest Whole = new(PermissionShape.Whole, ByteRange.Empty);

    /// <summary>The Range field that replaces the client's; null where the client's fields stay as they are.</summary>
    public string? RangeField => !Range.IsEmpty && Shape is (PermissionShape.Probe or PermissionShape.Revalidate) ? RangeSet.Format(Range) : null;
}
