namespace Swarm.Http.Tests;

/// <summary>The day on which these tests happen.</summary>
internal static class Clock
{
    public static readonly DateTimeOffset Now = new(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);
}
