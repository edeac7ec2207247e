using System.Globalization;
using System.Text;
using Swarm.Core;

namespace Swarm.Engine.Receipts;

/// <summary>
/// A receipt as the one log line of its download: <c>film.mp4 612 MiB 41 s · 78 % 4 peers · 22 % origin · verified L5</c>.
/// The query of a URL never stands in it: signed URLs are capabilities.
/// </summary>
public static class ReceiptLine
{
    private const int NameLimit = 80;

    private static readonly SourceKind[] Kinds =
        [SourceKind.Peer, SourceKind.WebSeed, SourceKind.Mirror, SourceKind.Origin, SourceKind.Store];

    public static string Format(ReceiptView receipt)
    {
        var line = new StringBuilder(128)
            .Append(Name(receipt.Url)).Append(' ')
            .Append(PlainUnits.Size(receipt.TotalBytes)).Append(' ')
            .Append(PlainUnits.Duration(receipt.Timings.DurationMs));

        foreach (var kind in Kinds.Where(kind => receipt.BytesBySource.Of(kind) > 0).OrderByDescending(receipt.BytesBySource.Of))
        {
            line.Append(" · ").Append(PlainUnits.Share(receipt.BytesBySource.Of(kind), receipt.BytesBySource.Total))
                .Append(' ').Append(Sources(kind, receipt.Sources));
        }

        line.Append(" · ").Append(Verified(receipt));
        if (receipt.Cleartext)
        {
            line.Append(" cleartext");
        }

        if (receipt.RejectedBytes > 0)
        {
            line.Append(" · ").Append(PlainUnits.Size(receipt.RejectedBytes)).Append(" rejected");
        }

        if (receipt.Stalls.Count > 0)
        {
            line.Append(" · ").Append(receipt.Stalls.Count).Append(receipt.Stalls.Count == 1 ? " stall " : " stalls ")
                .Append(PlainUnits.Duration(receipt.Stalls.TotalMs));
        }

        if (receipt.Outcome != ReceiptOutcome.Complete)
        {
            line.Append(" · ended early: ").Append(receipt.Outcome);
        }

        return line.ToString();
    }

    /// <summary>The last segment of the path, unescaped, or the host; what could move a terminal is replaced.</summary>
    public static string Name(string url)
    {
        var path = url;
        var end = path.AsSpan().IndexOfAny('?', '#');
        if (end >= 0)
        {
            path = path[..end];
        }

        var segment = path.TrimEnd('/');
        segment = segment[(segment.LastIndexOf('/') + 1)..];
        return Printable(segment.Contains('%', StringComparison.Ordinal) ? Uri.UnescapeDataString(segment) : segment);
    }

    /// <summary>Text from outside as one harmless piece of a line: control, format and line characters become <c>?</c>.</summary>
    public static string Printable(string text)
    {
        var clean = new StringBuilder(Math.Min(text.Length, NameLimit));
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length >= NameLimit)
            {
                return clean.Append('…').ToString();
            }

            var hostile = Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;
            clean.Append(hostile ? "?" : rune.ToString());
        }

        return clean.Length == 0 ? "?" : clean.ToString();
    }

    private static string Sources(SourceKind kind, IReadOnlyList<ReceiptSource> sources)
    {
        var label = kind.Label();
        var count = sources.Count(source => source.Kind == label && source.Bytes > 0);
        return kind switch
        {
            SourceKind.Peer => count == 1 ? "1 peer" : $"{count} peers",
            SourceKind.WebSeed => count > 1 ? $"{count} web seeds" : "web seed",
            SourceKind.Mirror => count > 1 ? $"{count} mirrors" : "mirror",
            _ => label,
        };
    }

    private static string Verified(ReceiptView receipt) =>
        receipt.BytesVerified16k <= 0 ? $"not verified {receipt.Authority}"
        : receipt.BytesVerified16k >= receipt.TotalBytes ? $"verified {receipt.Authority}"
        : $"{PlainUnits.Share(receipt.BytesVerified16k, receipt.TotalBytes)} verified {receipt.Authority}";
}
