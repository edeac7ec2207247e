using System.Net;

namespace Swarm.Proxy.Front;

/// <summary>One request as the access log tells it.</summary>
/// <param name="Target">As received, without what is a secret in it; see <see cref="AccessText.Shown"/>.</param>
/// <param name="Bytes">Of the body sent to the client; for a tunnel, of what came through it to the client.</param>
/// <param name="CacheStatus">Of the answer; null if it has none.</param>
public readonly record struct AccessEntry(
    DateTimeOffset At, IPAddress? Client, string? User, string Method, string Target, string Protocol, int Status, long Bytes,
    TimeSpan Duration, string? Referer, string? UserAgent, string? CacheStatus);
