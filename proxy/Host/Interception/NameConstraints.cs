using System.Formats.Asn1;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Swarm.Proxy.Interception;

/// <summary>
/// What a certificate authority may sign for (RFC 5280 §4.2.1.10), always critical: whoever gets the key can speak for these names and no others.
/// </summary>
/// <remarks>
/// A constraint binds only the kinds of name it mentions, so both kinds that a server certificate can have are mentioned: where no name
/// or no address is permitted, a name that cannot exist is, or all addresses are excluded. A DNS constraint covers the names below it,
/// too; the standard has no narrower one.
/// </remarks>
internal static class NameConstraints
{
    public const string Oid = "2.5.29.30";

    /// <summary>RFC 6761 §6.4: guaranteed not to exist.</summary>
    private const string NoName = "invalid";

    private static readonly Asn1Tag Permitted = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag Excluded = new(TagClass.ContextSpecific, 1);
    private static readonly Asn1Tag DnsName = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag Address = new(TagClass.ContextSpecific, 7);

    public static X509Extension For(InterceptedHosts hosts)
    {
        var names = hosts.Hosts.Where(static h => h.Address is null).Select(static h => h.Name).Distinct().ToList();
        var addresses = hosts.Hosts.Where(static h => h.Address is not null).Select(static h => h.Address!).ToList();
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence(Permitted))
            {
                foreach (var name in names.Count > 0 ? names : [NoName])
                {
                    using (writer.PushSequence())
                    {
                        writer.WriteCharacterString(UniversalTagNumber.IA5String, name, DnsName);
                    }
                }

                foreach (var address in addresses)
                {
                    WriteNetwork(writer, address, mask: 0xFF);
                }
            }

            if (addresses.Count == 0)
            {
                using (writer.PushSequence(Excluded))
                {
                    WriteNetwork(writer, IPAddress.Any, mask: 0);
                    WriteNetwork(writer, IPAddress.IPv6Any, mask: 0);
                }
            }
        }

        return new X509Extension(Oid, writer.Encode(), critical: true);
    }

    /// <summary>True if a certificate with these constraints can sign for every one of <paramref name="hosts"/>. False for one without constraints, too: it could sign for anyone.</summary>
    public static bool Permit(X509Certificate2 authority, InterceptedHosts hosts)
    {
        if (authority.Extensions[Oid] is not { Critical: true } extension)
        {
            return false;
        }

        var names = new List<string>();
        var addresses = new List<IPAddress>();
        try
        {
            var sequence = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            if (!sequence.HasData || !sequence.PeekTag().HasSameClassAndValue(Permitted))
            {
                return false;
            }

            var permitted = sequence.ReadSequence(Permitted);
            while (permitted.HasData)
            {
                var subtree = permitted.ReadSequence();
                if (subtree.PeekTag().HasSameClassAndValue(DnsName))
                {
                    names.Add(subtree.ReadCharacterString(UniversalTagNumber.IA5String, DnsName));
                }
                else if (subtree.PeekTag().HasSameClassAndValue(Address) && subtree.ReadOctetString(Address) is { Length: 8 or 32 } network)
                {
                    addresses.Add(new IPAddress(network.AsSpan(0, network.Length / 2)));
                }
            }
        }
        catch (AsnContentException)
        {
            return false;
        }

        return hosts.Hosts.All(host => host.Address is { } address
            ? addresses.Contains(address)
            : names.Any(name => host.Name == name || host.Name.EndsWith("." + name, StringComparison.Ordinal)));
    }

    private static void WriteNetwork(AsnWriter writer, IPAddress address, byte mask)
    {
        var octets = address.AddressFamily == AddressFamily.InterNetwork ? 4 : 16;
        Span<byte> network = stackalloc byte[2 * octets];
        network.Fill(mask);
        address.TryWriteBytes(network, out _);
        using (writer.PushSequence())
        {
            writer.WriteOctetString(network, Address);
        }
    }
}
