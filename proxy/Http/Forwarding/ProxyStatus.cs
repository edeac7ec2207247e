using System.Globalization;
using System.Text;

namespace Swarm.Http;

/// <summary>One member of Proxy-Status (RFC 9209 §2): what went wrong on the way to the origin.</summary>
/// <param name="Details">Words for people (§2.1.5); no secret may stand in it.</param>
/// <param name="ReceivedStatus">The origin's own status, where the one sent differs (§2.1.4).</param>
/// <param name="NextHop">Host name or address asked (§2.1.2).</param>
public sealed record ProxyStatus(ProxyError Error, string? Details = null, int? ReceivedStatus = null, string? NextHop = null)
{
    /// <summary>The member, to stand after those of proxies nearer the origin.</summary>
    public string Format(string proxyName)
    {
        var text = new StringBuilder().AppendName(proxyName);
        if (Error != ProxyError.None)
        {
            text.Append("; error=").Append(Error.Token());
        }

        if (NextHop is not null)
        {
            text.Append("; next-hop=").AppendQuoted(NextHop);
        }

        if (ReceivedStatus is { } status)
        {
            text.Append(CultureInfo.InvariantCulture, $"; received-status={status}");
        }

        if (Details is not null)
        {
            text.Append("; details=").AppendQuoted(Details);
        }

        return text.ToString();
    }
}
