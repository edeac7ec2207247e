using System.Globalization;

namespace Swarm.Lab.Harness;

/// <summary>One line of nginx's own log: what the origin says it did.</summary>
public sealed record AccessEntry(long BodyBytes, string Request, int Status, string? Range, long Connection)
{
    /// <summary>The nginx <c>log_format</c> that <see cref="Parse"/> reads.</summary>
    public const string Format = "$body_bytes_sent\\t$request\\t$status\\t$http_range\\t$connection";

    public string Path => Request.Split(' ') is [_, var target, ..] ? target : Request;

    public static AccessEntry Parse(string line)
    {
        var f = line.Split('\t');
        return new(
            long.Parse(f[0], CultureInfo.InvariantCulture), f[1], int.Parse(f[2], CultureInfo.InvariantCulture),
            f[3] is "-" or "" ? null : f[3], long.Parse(f[4], CultureInfo.InvariantCulture));
    }
}
