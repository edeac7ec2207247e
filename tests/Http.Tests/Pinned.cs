using Swarm.Core;

namespace Swarm.Http.Tests;

/// <summary>The version that the permission and probe cases know: two million bytes, a strong tag and a date.</summary>
internal static class Pinned
{
    public const string Date = "Sat, 14 Mar 2026 10:00:00 GMT";

    public static readonly ResourceVersion Version = new(
        "http://site.example/film.mp4", "identity", new("\"v1\"", Date), 2_000_000, null, Authority.OwnCleartextFetch, true);

    public static readonly ResourceVersion Dated = Version with { Validator = new(null, Date) };
}
