namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>What a <see cref="FilmOrigin"/> sends: a status, header lines, and bytes of a file from an offset on.</summary>
internal sealed record FilmReply(int Status, string[] Lines, byte[] File, int Offset, int Count)
{
    /// <summary>Fewer bytes than announced; then the connection closes.</summary>
    public int? CutAfter { get; init; }

    /// <summary>The connection breaks before a word is said.</summary>
    public bool Drops { get; init; }

    /// <summary>The file, or the range of it that was asked for.</summary>
    public static FilmReply Of(byte[] file, FilmRequest request, params string[] lines)
    {
        if (request.Range is not { } range)
        {
            return new(200, [.. lines, $"Content-Length: {file.Length}"], file, 0, file.Length);
        }

        if (range.First >= file.Length)
        {
            return Empty(416, $"Content-Range: bytes */{file.Length}");
        }

        var last = Math.Min(range.Last ?? long.MaxValue, file.Length - 1);
        var count = (int)(last - range.First + 1);
        return new(206, [.. lines, $"Content-Length: {count}", $"Content-Range: bytes {range.First}-{last}/{file.Length}"], file, (int)range.First, count);
    }

    public static FilmReply Empty(int status, params string[] lines) => new(status, [.. lines, "Content-Length: 0"], [], 0, 0);

    public static readonly FilmReply Broken = new(0, [], [], 0, 0) { Drops = true };

    public FilmReply With(params string[] lines) => this with { Lines = [.. Lines, .. lines] };

    public FilmReply Without(string name) => this with { Lines = [.. Lines.Where(l => !l.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))] };
}
