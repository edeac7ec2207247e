using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace Swarm.Engine.Targets;

/// <summary>
/// The host of a target in its one accepted spelling: a lower-case DNS name without trailing dot, or an IP address.
/// Every other spelling of an address (0x7f.1, 2130706433, 127.1, a zone id, full-width digits) is refused,
/// because resolvers disagree about what it means and an allow list cannot be compared with it.
/// </summary>
public readonly record struct TargetHost
{
    private const int NameOctetsMax = 253; // RFC 1035 §2.3.4 less the root label
    private const int LabelOctetsMax = 63; // RFC 1035 §2.3.4

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    private TargetHost(string name, IPAddress? address)
    {
        Name = name;
        Address = address;
    }

    /// <summary>The name, or the address in its canonical text without brackets.</summary>
    public string Name { get; }

    /// <summary>The address when the host is an IP literal; then no resolver is asked.</summary>
    public IPAddress? Address { get; }

    /// <summary>As it stands in a URL or a Host field: an IPv6 address has brackets.</summary>
    public string InUrl => Address?.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{Name}]" : Name;

    /// <summary>The host that an address is; a zone id is left out.</summary>
    public static TargetHost Of(IPAddress address)
    {
        var bare = address.AddressFamily == AddressFamily.InterNetworkV6 && address.ScopeId != 0 ? new IPAddress(address.GetAddressBytes()) : address;
        return new(bare.ToString(), bare);
    }

    public static bool TryParse(ReadOnlySpan<char> text, out TargetHost host)
    {
        host = default;
        if (text.IsEmpty)
        {
            return false;
        }

        if (text[0] == '[')
        {
            return text[^1] == ']' && TryParseV6(text[1..^1], out host);
        }

        if (text.Contains(':'))
        {
            return TryParseV6(text, out host);
        }

        if (TryParseV4(text, out var v4))
        {
            host = new(v4.ToString(), v4);
            return true;
        }

        var name = text[^1] == '.' ? text[..^1] : text;
        if (!IsName(name) || EndsInNumber(name))
        {
            return false;
        }

        host = new(name.ToString().ToLowerInvariant(), null);
        return true;
    }

    private static bool TryParseV6(ReadOnlySpan<char> text, out TargetHost host)
    {
        host = default;
        // A zone id names an interface of the resolver's machine; RFC 9110 §4.2 has no place for one.
        if (text.Contains('%') || text.Contains('[') || !IPAddress.TryParse(text, out var address) || address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return false;
        }

        host = new(address.ToString(), address);
        return true;
    }

    /// <summary>Four decimal octets without leading zeros (RFC 3986 §3.2.2); IPAddress.TryParse alone takes octal, hexadecimal and short forms.</summary>
    private static bool TryParseV4(ReadOnlySpan<char> text, out IPAddress address)
    {
        address = IPAddress.None;
        Span<byte> octets = stackalloc byte[4];
        var count = 0;
        foreach (var part in text.Split('.'))
        {
            var digits = text[part];
            if (count == 4 || digits.Length is 0 or > 3 || (digits.Length > 1 && digits[0] == '0') || digits.ContainsAnyExceptInRange('0', '9')
                || !byte.TryParse(digits, out octets[count]))
            {
                return false;
            }

            count++;
        }

        if (count != 4)
        {
            return false;
        }

        address = new IPAddress(octets);
        return true;
    }

    private static bool IsName(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > NameOctetsMax)
        {
            return false;
        }

        foreach (var range in name.Split('.'))
        {
            var label = name[range];
            if (label.Length is 0 or > LabelOctetsMax || label[0] == '-' || label[^1] == '-')
            {
                return false;
            }

            foreach (var c in label)
            {
                if (!char.IsAsciiLetterOrDigit(c) && c != '-' && c != '_') // '_' is no host name, but CDNs use it
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>The URL standard's "ends in a number": such a host is an address to some resolver.</summary>
    private static bool EndsInNumber(ReadOnlySpan<char> name)
    {
        var last = name[(name.LastIndexOf('.') + 1)..];
        return !last.ContainsAnyExceptInRange('0', '9')
            || (last.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && !last[2..].ContainsAnyExcept(HexDigits));
    }
}
