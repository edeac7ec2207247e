using System.Collections.Immutable;
using Swarm.Core;

namespace Swarm.Http;

/// <summary>
/// Chooses the permission request. A probe is for a plain GET, or one range with a first position, of a known version; everything
/// whose answer could not be told from the probe's answer is asked whole.
/// </summary>
public static class PermissionPlan
{
    /// <summary>A probe asks for at least this, less only at the end of the file: one round trip then brings several verify units.</summary>
    public const long MinProbeBytes = 64 * 1024;

    /// <summary>Probes start on a verify unit, so that the first answer can confirm the tree.</summary>
    private const long UnitBytes = 16 * 1024;

    public static PermissionRequest For(PermissionFacts facts)
    {
        if (facts.Known is not { } known || ClientParts(facts.Method, facts.Request, known) is null)
        {
            return PermissionRequest.Whole;
        }

        var revalidates = facts.FirstWanted.IsEmpty && facts.HoldsHeaders && known.Validator?.ETag is not null;
        if (ClientRange(facts.Method, facts.Request, known) is not { } client)
        {
            // Several parts, or the last bytes of whatever the origin has now: no probe's answer tells theirs.
            return revalidates ? new(PermissionShape.Revalidate, ByteRange.Empty) : PermissionRequest.Whole;
        }

        if (facts.LastPermit is { } permit && permit.CoversRepeat(facts.CredentialsKey, facts.At) && permit.Version.SameBytes(known))
        {
            return new(PermissionShape.Reuse, ByteRange.Empty);
        }

        var probe = ProbeRange(client, facts.FirstWanted, known.Length);
        if (revalidates)
        {
            return new(PermissionShape.Revalidate, probe);
        }

        // A probe for all the client asked is the client's own request: then nothing needs mapping.
        return probe == client ? PermissionRequest.Whole : new(PermissionShape.Probe, probe);
    }

    /// <summary>
    /// The bytes of <paramref name="known"/> that the request selects, if its answer can be mapped from a probe's; null if it must be
    /// asked whole.
    /// </summary>
    public static ByteRange? ClientRange(string method, HttpFields request, ResourceVersion known) =>
        ClientParts(method, request, known) is [var part] && RangeSet.Parse(request.Combined("Range")) is { Kind: RangeSetKind.Absent } or { Single.HasFirstPosition: true }
            ? part
            : null;

    /// <summary>
    /// All that the request selects of <paramref name="known"/>, one part or several, once the origin has said that this version still stands;
    /// null if it must be asked whole.
    /// </summary>
    public static ImmutableArray<ByteRange>? ClientParts(string method, HttpFields request, ResourceVersion known)
    {
        if (method != "GET" || known.Validator is null || known.ContentCoding != "identity"
            || Conditions.ArePresent(request) || CacheControl.Of(request).NoStore || !IfRangeNames(request, known.Validator))
        {
            return null;
        }

        var range = RangeSet.Parse(request.Combined("Range"));
        ImmutableArray<ByteRange> parts = range.Kind switch
        {
            RangeSetKind.Absent => [new ByteRange(0, known.Length)],
            RangeSetKind.Single or RangeSetKind.Multiple => range.Select(known.Length),
            _ => [],
        };
        return parts.IsEmpty ? null : parts;
    }

    // An If-Range for another version asks for the whole of the current one: only the origin's own answer tells (RFC 9110 §13.1.5).
    private static bool IfRangeNames(HttpFields request, StrongValidator validator) =>
        request.Combined("If-Range") is not { } text || text == validator.ETag || text == validator.LastModified;

    private static ByteRange ProbeRange(ByteRange client, ByteRange wanted, long length)
    {
        var earliest = client.Offset - (client.Offset % UnitBytes);
        var start = wanted.IsEmpty || wanted.Offset < earliest || wanted.Offset >= client.End
            ? earliest
            : wanted.Offset - (wanted.Offset % UnitBytes);
        var end = Math.Max(Math.Min(wanted.End, client.End), Math.Min(length, start + MinProbeBytes));
        return ByteRange.FromBounds(start, end);
    }
}
