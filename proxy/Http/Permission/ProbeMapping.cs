using System.Globalization;
using Swarm.Core;

namespace Swarm.Http;

/// <summary>Maps the origin's answer to a probe to what the client's own request must see. Pure; golden cases in tests/golden/http/probe.txt.</summary>
public static class ProbeMapping
{
    // They describe the part the probe brought (RFC 9530 §2, RFC 9112 §6), not what the client gets.
    private static readonly HashSet<string> OfThePart = new(StringComparer.OrdinalIgnoreCase)
    {
        "Content-Range", "Content-Length", "Content-Digest", "Content-MD5", "Transfer-Encoding", "Trailer",
    };

    /// <param name="request">The client's own fields.</param>
    /// <param name="pinned">The version the probe was planned for.</param>
    /// <param name="probe">The bytes asked for.</param>
    public static ProbeOutcome Map(HttpFields request, ResourceVersion pinned, ByteRange probe, int status, HttpFields answer)
    {
        switch (status)
        {
            case 200:
                return Plain(ProbeOutcomeKind.Whole, status);
            case 416:
                return Plain(IsClientsOwn416(request, pinned, probe) ? ProbeOutcomeKind.PassThrough : ProbeOutcomeKind.RepeatWhole, status);
            case 206:
                break;
            default:
                return Plain(ProbeOutcomeKind.PassThrough, status);
        }

        if (PermissionPlan.ClientRange("GET", request, pinned) is not { } client
            || MultipartByteRanges.IsTypeOf(answer)
            || ContentRange.Parse(answer.Combined("Content-Range")) is not { Range: { } part, Total: { } total } range
            || !LengthAgrees(answer, part) || !range.Answers(probe, null))
        {
            return Plain(ProbeOutcomeKind.RepeatWhole, status); // a part that cannot be placed
        }

        if (VersionMatch.Compare(pinned, answer, total) is not VersionDifference.None and var difference)
        {
            return new(ProbeOutcomeKind.Changed, status, null, ByteRange.Empty, ByteRange.Empty, difference);
        }

        var ranged = RangeSet.Parse(request.Combined("Range")).Kind == RangeSetKind.Single;
        var fields = answer.Where(line => !OfThePart.Contains(line.Name));
        fields.Add("Content-Length", client.Length.ToString(CultureInfo.InvariantCulture));
        if (ranged)
        {
            fields.Add("Content-Range", ContentRange.Format(client, pinned.Length));
        }

        return new(ProbeOutcomeKind.Mapped, ranged ? 206 : 200, fields, client, part, VersionDifference.None);
    }

    // What lies past the end for the probe lies past it for the client too only if the client starts no earlier.
    private static bool IsClientsOwn416(HttpFields request, ResourceVersion pinned, ByteRange probe) =>
        request.Has("Range") && PermissionPlan.ClientRange("GET", request, pinned) is { } client && client.Offset >= probe.Offset;

    private static bool LengthAgrees(HttpFields answer, ByteRange part) =>
        answer.Combined("Content-Length") is not { } text || (Syntax.TryExactNumber(text, out var n) && n == part.Length);

    private static ProbeOutcome Plain(ProbeOutcomeKind kind, int status) =>
        new(kind, status, null, ByteRange.Empty, ByteRange.Empty, VersionDifference.None);
}
