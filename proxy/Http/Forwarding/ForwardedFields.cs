using System.Net;

namespace Swarm.Http;

/// <summary>
/// Who is asking, as a reverse proxy tells the origin: <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c>. What a client says of itself
/// counts only where the connection comes from a proxy that is trusted.
/// </summary>
/// <param name="For">The chain to pass on.</param>
/// <param name="Client">The nearest address that no trusted proxy has.</param>
public readonly record struct ForwardedFields(string For, string Proto, string Host, IPAddress Client)
{
    /// <summary>Longer chains are no visitor's; what stands further left is left out.</summary>
    private const int MaxHops = 32;

    /// <summary>Fields by which a client could speak for another: removed unless its connection is trusted.</summary>
    public static readonly IReadOnlyList<string> Names = ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Real-IP", "Forwarded"];

    /// <param name="received">The request's fields.</param>
    /// <param name="remote">The other end of the connection.</param>
    /// <param name="scheme">What the connection speaks.</param>
    /// <param name="host">What counts where no trusted proxy says another; empty for none.</param>
    public static ForwardedFields Of(HttpFields received, IPAddress remote, string scheme, string host, Func<IPAddress, bool> isTrusted)
    {
        if (!isTrusted(remote))
        {
            return new(remote.ToString(), scheme, host, remote);
        }

        var chain = (received.Combined("X-Forwarded-For") ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        chain = chain.Length > MaxHops ? chain[^MaxHops..] : chain;
        var client = remote;
        for (var i = chain.Length - 1; i >= 0 && isTrusted(client) && IPAddress.TryParse(chain[i], out var hop); i--)
        {
            client = hop;
        }

        var proto = received.First("X-Forwarded-Proto");
        return new(
            string.Join(", ", [.. chain, remote.ToString()]),
            proto is "http" or "https" ? proto : scheme,
            received.First("X-Forwarded-Host") is { Length: > 0 } said ? said : host,
            client);
    }
}
