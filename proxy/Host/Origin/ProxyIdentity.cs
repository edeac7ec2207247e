using System.Security.Cryptography;
using Swarm.Http;

namespace Swarm.Proxy.Origin;

/// <summary>The name this node gives itself in Via (RFC 9110 §7.6.3): a random pseudonym, so that it tells neither host nor user.</summary>
public sealed record ProxyIdentity(string Pseudonym)
{
    public static ProxyIdentity Random() => new("swarm-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)));

    /// <summary>Adds this node to the Via of a message that was received by <paramref name="protocol"/> (<c>1.1</c>, <c>2</c>).</summary>
    public void Sign(HttpFields message, string protocol) => message.Set("Via", Signed(message.Combined("Via"), protocol));

    /// <summary>A Via with this node at its end.</summary>
    public string Signed(string? via, string protocol) => Via.Append(via, protocol, Pseudonym);

    /// <summary>True when a message has been here before.</summary>
    public bool HasSigned(string? via) => Via.IsLoop(via, Pseudonym);
}
