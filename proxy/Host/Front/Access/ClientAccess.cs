using System.Net;

namespace Swarm.Proxy.Front;

/// <summary>
/// Who may use the proxy. By default whoever reaches it, which is this machine; a listener that other machines reach is
/// restricted to networks (<c>--trust-clients</c>), to users (<c>--proxy-auth</c>), or to both at once.
/// </summary>
public sealed class ClientAccess(IReadOnlyList<IPNetwork> trusted, ProxyUsers? users)
{
    public static ClientAccess Everyone { get; } = new([], null);

    /// <summary>True where not everyone who reaches the port may use it.</summary>
    public bool IsRestricted => trusted.Count > 0 || users is not null;

    /// <param name="authorization">The value of Proxy-Authorization; null if absent.</param>
    /// <param name="user">The name behind the credentials; null without users.</param>
    public AccessVerdict Judge(IPAddress? client, string? authorization, out string? user)
    {
        user = null;
        var address = client is { IsIPv4MappedToIPv6: true } ? client.MapToIPv4() : client;
        if (trusted.Count > 0 && (address is null || (!IPAddress.IsLoopback(address) && !trusted.Any(network => network.Contains(address)))))
        {
            return AccessVerdict.Stranger;
        }

        if (users is null)
        {
            return AccessVerdict.Granted;
        }

        user = users.Find(authorization);
        return user is null ? AccessVerdict.Unauthenticated : AccessVerdict.Granted;
    }
}

/// <summary>What a client may do.</summary>
public enum AccessVerdict
{
    Granted,

    /// <summary>Its address is in no trusted network: 403.</summary>
    Stranger,

    /// <summary>It has not shown who it is: 407, and it may try again.</summary>
    Unauthenticated,
}
