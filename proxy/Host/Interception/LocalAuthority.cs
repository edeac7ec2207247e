using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Swarm.Engine.Targets;

namespace Swarm.Proxy.Interception;

/// <summary>A certificate authority of this user for the hosts it was made for: by its name constraints it is worthless for any other.</summary>
public sealed class LocalAuthority : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string HostLine = "host: ";

    /// <summary>Long enough to be made once a year, short enough that one trusted and forgotten ends by itself.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);

    /// <summary>A leaf is made again at each start: what leaks with a memory image is of little use a week later.</summary>
    private static readonly TimeSpan LeafLifetime = TimeSpan.FromDays(7);

    /// <summary>For clients whose clock is behind.</summary>
    private static readonly TimeSpan ClockSlack = TimeSpan.FromHours(1);

    private readonly ECDsa _key;

    private LocalAuthority(X509Certificate2 certificate, ECDsa key, InterceptedHosts hosts) => (Certificate, _key, Hosts) = (certificate, key, hosts);

    public X509Certificate2 Certificate { get; }

    public InterceptedHosts Hosts { get; }

    /// <summary>SHA-256 of the certificate, as trust stores show it.</summary>
    public string Fingerprint => Convert.ToHexString(SHA256.HashData(Certificate.RawData));

    public DateTimeOffset NotAfter => new(Certificate.NotAfter.ToUniversalTime());

    public static LocalAuthority Create(InterceptedHosts hosts, DateTimeOffset now)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(NameOf(hosts), key, HashAlgorithmName.SHA256);
        var extensions = request.CertificateExtensions;
        extensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        extensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        extensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication)], critical: false)); // for TLS servers alone: no mail, no code
        extensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        extensions.Add(NameConstraints.For(hosts));
        return new LocalAuthority(request.CreateSelfSigned(now - ClockSlack, now + Lifetime), key, hosts);
    }

    /// <summary>Reads what <see cref="Export"/> wrote. The sentence goes on after the name of the file.</summary>
    public static bool TryRead(string text, out LocalAuthority? authority, out string? problem)
    {
        authority = null;
        var names = text.Split('\n').Where(static l => l.StartsWith(HostLine, StringComparison.Ordinal)).Select(static l => l[HostLine.Length..].Trim());
        if (!InterceptedHosts.TryParse(names, out var hosts, out problem))
        {
            return false;
        }

        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(text);
            var certificate = X509Certificate2.CreateFromPem(text);
            using var ours = certificate.GetECDsaPublicKey();
            if (ours is null || !ours.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo()))
            {
                problem = "holds a key and a certificate that do not belong together.";
            }
            else if (!NameConstraints.Permit(certificate, hosts))
            {
                problem = "names hosts that its certificate is not constrained to.";
            }
            else
            {
                authority = new LocalAuthority(certificate, key, hosts);
                return true;
            }

            certificate.Dispose();
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            problem = "holds no usable key and certificate.";
        }

        key.Dispose();
        return false;
    }

    /// <summary>Hosts, certificate and key as one text, so that one rename replaces all three.</summary>
    public string Export()
    {
        var text = new StringBuilder();
        foreach (var host in Hosts.Texts)
        {
            text.Append(HostLine).Append(host).Append('\n');
        }

        return text.Append(Certificate.ExportCertificatePem()).Append('\n').Append(_key.ExportPkcs8PrivateKeyPem()).Append('\n').ToString();
    }

    /// <summary>A server certificate for one host, with its key.</summary>
    public X509Certificate2 Issue(TargetHost host, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // The name stands in the alternative names alone (RFC 9525 §2). No common name at all: where an address is the only name,
        // GnuTLS holds it against the constraints for DNS names.
        var request = new CertificateRequest("O=opened by swarmstream", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (host.Address is { } address)
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(host.Name);
        }

        var extensions = request.CertificateExtensions;
        extensions.Add(names.Build());
        extensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        extensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        extensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication)], critical: false));
        extensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        extensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)(serial[0] & 0x7F | 0x40); // positive and never empty (RFC 5280 §4.1.2.2)
        var end = now + LeafLifetime < NotAfter ? now + LeafLifetime : NotAfter;
        using var signed = request.Create(Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), now - ClockSlack, end, serial);
        using var withKey = signed.CopyWithPrivateKey(key);
        // Schannel takes no key that lives in memory only.
        return OperatingSystem.IsWindows() ? X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null) : new X509Certificate2(withKey);
    }

    /// <summary>The same for a TLS server; it sends no chain, since clients that trust this authority have it.</summary>
    internal SslStreamCertificateContext IssueForServer(TargetHost host, DateTimeOffset now) =>
        SslStreamCertificateContext.Create(Issue(host, now), additionalCertificates: null, offline: true);

    public void Dispose()
    {
        Certificate.Dispose();
        _key.Dispose();
    }

    /// <summary>What a list of authorities shows: whose it is, for what, and something that differs for each made.</summary>
    private static X500DistinguishedName NameOf(InterceptedHosts hosts)
    {
        const int CommonNameMax = 64; // RFC 5280 appendix A.1, ub-common-name
        var name = $"Swarm local CA for {string.Join(' ', hosts.Texts)}";
        var builder = new X500DistinguishedNameBuilder();
        builder.AddCommonName(name.Length <= CommonNameMax ? name : name[..(CommonNameMax - 3)] + "...");
        builder.AddOrganizationName("swarmstream " + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)));
        return builder.Build();
    }
}
