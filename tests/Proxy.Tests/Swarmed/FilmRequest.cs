using System.Globalization;

namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>A request as a <see cref="FilmOrigin"/> got it.</summary>
internal sealed record FilmRequest(int Number, string Method, string Path, IReadOnlyList<(string Name, string Value)> Fields)
{
    public string? Field(string name) => Fields.FirstOrDefault(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>First position of a single range; 0 without one.</summary>
    public long First => Range?.First ?? 0;

    /// <summary>The one byte range; the last position is null where it is open.</summary>
    public (long First, long? Last)? Range
    {
        get
        {
            if (Field("Range") is not { } text || !text.StartsWith("bytes=", StringComparison.Ordinal) || text.Contains(',', StringComparison.Ordinal))
            {
                return null;
            }

            var ends = text["bytes=".Length..].Split('-');
            return ends[0].Length == 0 ? null
                : (long.Parse(ends[0], CultureInfo.InvariantCulture), ends[1].Length == 0 ? null : long.Parse(ends[1], CultureInfo.InvariantCulture));
        }
    }

    public static FilmRequest Parse(int number, string head)
    {
        var lines = head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var start = lines[0].Split(' ');
        return new(number, start[0], start[1], [.. lines.Skip(1).Select(l => (l[..l.IndexOf(':', StringComparison.Ordinal)], l[(l.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()))]);
    }
}
