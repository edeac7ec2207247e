using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Swarm.Lab.Harness;

/// <summary>A certificate authority for one run, and a server certificate under it, as PEM files.</summary>
public sealed record TestCa(string AuthorityPem, string CertificatePem, string KeyPem)
{
    /// <summary>For 127.0.0.1 and localhost, and for more names.</summary>
    public static TestCa Create(string folder, params string[] names) => Create(folder, ["localhost", .. names], [IPAddress.Loopback.ToString()]);

    public static TestCa Create(string folder, IReadOnlyList<string> dnsNames, IReadOnlyList<string> addresses)
    {
        var now = DateTimeOffset.UtcNow;
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var caRequest = new CertificateRequest("CN=Swarm lab test authority", caKey, HashAlgorithmName.SHA256);
        caRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        caRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        caRequest.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(caRequest.PublicKey, false));
        using var ca = caRequest.CreateSelfSigned(now.AddHours(-1), now.AddDays(2));

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Swarm lab test server", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var address in addresses)
        {
            names.AddIpAddress(IPAddress.Parse(address));
        }

        foreach (var name in dnsNames)
        {
            names.AddDnsName(name);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(ca, true, false));
        using var certificate = request.Create(ca, now.AddHours(-1), now.AddDays(1), [1, 2, 3, 4]);

        var files = new TestCa(Path.Combine(folder, "ca.pem"), Path.Combine(folder, "server.pem"), Path.Combine(folder, "server.key"));
        File.WriteAllText(files.AuthorityPem, ca.ExportCertificatePem());
        File.WriteAllText(files.CertificatePem, certificate.ExportCertificatePem());
        File.WriteAllText(files.KeyPem, key.ExportPkcs8PrivateKeyPem());
        return files;
    }
}
