using System.Globalization;
using System.Security.Cryptography;

namespace Swarm.Proxy.Origin;

/// <summary>The name this node gives itself in Via (RFC 9110 §7.6.3): a random pseudonym, so that it tells neither host nor user.</summary>
public sealed record ProxyIdentity(string Pseudonym)
{
    public static ProxyIdentity Random() => new("swarm-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)));

    /// <summary>The Via entry for a message that was received by <paramref name="protocol"/> (<c>1.1</c>).</summary>
    public string Via(string protocol) => string.Create(CultureInfo.InvariantCulture, $"{protocol} {Pseudonym}");

    /// <summary>True when one of the entries of a Via value is ours: the message has been here before.</summary>
    public bool IsIn(string? via)
    {
        if (via is null)
        {
            return false;
        }

        foreach (var entry in via.Split(',', StringSplitOptions.TrimEntries))
        {
            var words = entry.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 1 && words[1] == Pseudonym)
            {
                return true;
            }
        }

        return false;
    }
}
