using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Swarm.Engine.Targets;
using Swarm.Proxy.Interception;

namespace Swarm.Proxy.Tests.Interception;

/// <summary>What the local authority can sign for, as the machine's own chain validation sees it, and how it is kept.</summary>
public sealed class LocalAuthorityTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private static LocalAuthority Authority(params string[] hosts)
    {
        Assert.True(InterceptedHosts.TryParse(hosts, out var named, out var problem), problem);
        return LocalAuthority.Create(named, Now);
    }

    private static TargetHost Host(string text)
    {
        Assert.True(TargetHost.TryParse(text, out var host));
        return host;
    }

    /// <summary>True if a client that trusts this authority would take the certificate for the host.</summary>
    private static bool IsAccepted(LocalAuthority authority, X509Certificate2 leaf, string host)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority.Certificate);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1"));
        return chain.Build(leaf) && leaf.MatchesHostname(host);
    }

    [Theory]
    [InlineData("files.example.org", "files.example.org", true)]
    [InlineData("*.example.org", "a.example.org", true)]
    [InlineData("192.0.2.7", "192.0.2.7", true)]
    [InlineData("2001:db8::1", "2001:db8::1", true)]
    [InlineData("files.example.org", "bank.example", false)]
    [InlineData("files.example.org", "example.org", false)]
    [InlineData("files.example.org", "192.0.2.7", false)]
    [InlineData("files.example.org", "2001:db8::1", false)]
    [InlineData("192.0.2.7", "192.0.2.8", false)]
    [InlineData("192.0.2.7", "2001:db8::1", false)]
    [InlineData("192.0.2.7", "bank.example", false)]
    public void Certificate_OfItsHostsAlone_IsAccepted(string named, string signedFor, bool accepted)
    {
        // Issue asks nobody whether the host is among the named: this is what a thief of the key could do.
        using var authority = Authority(named);
        using var leaf = authority.Issue(Host(signedFor), Now);

        Assert.Equal(accepted, IsAccepted(authority, leaf, signedFor));
    }

    [Fact]
    public void Certificate_OfAnAuthorityBelow_IsNotAccepted()
    {
        using var authority = Authority("files.example.org");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=below", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        Assert.True(LocalAuthority.TryRead(authority.Export(), out var again, out _));
        using var signer = ECDsa.Create();
        signer.ImportFromPem(again!.Export());
        using var below = request.Create(authority.Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(signer), Now.AddHours(-1), Now.AddDays(1), [1]);
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var leafRequest = new CertificateRequest("CN=x y", leafKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("files.example.org");
        leafRequest.CertificateExtensions.Add(names.Build());
        using var leaf = leafRequest.Create(below.SubjectName, X509SignatureGenerator.CreateForECDsa(key), Now.AddHours(-1), Now.AddHours(1), [2]);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority.Certificate);
        chain.ChainPolicy.ExtraStore.Add(below);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;

        Assert.False(chain.Build(leaf));
    }

    [Fact]
    public void Certificate_IsConstrainedCriticallyAndForServersOnly()
    {
        using var authority = Authority("files.example.org");
        var extensions = authority.Certificate.Extensions;

        Assert.True(extensions["2.5.29.30"]!.Critical);
        var basic = Assert.Single(extensions.OfType<X509BasicConstraintsExtension>());
        Assert.True(basic is { Critical: true, CertificateAuthority: true, HasPathLengthConstraint: true, PathLengthConstraint: 0 });
        Assert.Equal(X509KeyUsageFlags.KeyCertSign, Assert.Single(extensions.OfType<X509KeyUsageExtension>()).KeyUsages);
        Assert.Equal("1.3.6.1.5.5.7.3.1", Assert.Single(extensions.OfType<X509EnhancedKeyUsageExtension>()).EnhancedKeyUsages[0].Value);
        Assert.InRange(authority.NotAfter, Now.AddDays(364), Now.AddDays(366));
    }

    [Fact]
    public void Two_ForTheSameHosts_AreTwoAuthorities()
    {
        using var one = Authority("files.example.org");
        using var other = Authority("files.example.org");
        using var leaf = one.Issue(Host("files.example.org"), Now);

        Assert.NotEqual(one.Fingerprint, other.Fingerprint);
        Assert.NotEqual(one.Certificate.Subject, other.Certificate.Subject);
        Assert.False(IsAccepted(other, leaf, "files.example.org"));
    }

    [Fact]
    public void Leaf_NeverOutlivesItsAuthority()
    {
        using var authority = Authority("files.example.org");
        using var leaf = authority.Issue(Host("files.example.org"), authority.NotAfter.AddDays(-1));

        Assert.Equal(authority.Certificate.NotAfter, leaf.NotAfter);
    }

    /// <summary>GnuTLS holds a common name against the constraints for DNS names where the certificate has none: wget, git and apt would refuse every address.</summary>
    [Fact]
    public void Leaf_OfAnAddress_HasNoCommonName()
    {
        using var authority = Authority("192.0.2.7");
        using var leaf = authority.Issue(Host("192.0.2.7"), Now);

        Assert.DoesNotContain("CN=", leaf.Subject, StringComparison.Ordinal);
        Assert.NotEmpty(leaf.Subject);
    }

    [Fact]
    public void Export_ReadAgain_IsTheSame()
    {
        using var authority = Authority("a.example", "*.b.example", "192.0.2.7", "2001:db8::1");

        Assert.True(LocalAuthority.TryRead(authority.Export(), out var again, out var problem), problem);

        Assert.Equal(authority.Fingerprint, again!.Fingerprint);
        Assert.Equal(authority.Hosts.Texts, again.Hosts.Texts);
        using var leaf = again.Issue(Host("a.example"), Now);
        Assert.True(IsAccepted(authority, leaf, "a.example"));
    }

    [Fact]
    public void TryRead_HostsThatItsCertificateDoesNotAllow_IsRefused()
    {
        using var authority = Authority("files.example.org");

        Assert.False(LocalAuthority.TryRead("host: bank.example\n" + authority.Export(), out _, out var problem));
        Assert.Contains("not constrained", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void TryRead_AnUnconstrainedAuthority_IsRefused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=anyone", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var certificate = request.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(1));

        Assert.False(LocalAuthority.TryRead($"host: a.example\n{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n", out _, out var problem));
        Assert.Contains("not constrained", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void TryRead_KeyOfAnother_IsRefused()
    {
        using var one = Authority("files.example.org");
        using var other = Authority("files.example.org");
        var foreign = other.Export();

        Assert.False(LocalAuthority.TryRead($"host: files.example.org\n{one.Certificate.ExportCertificatePem()}\n{foreign[foreign.IndexOf("-----BEGIN PRIVATE", StringComparison.Ordinal)..]}", out _, out var problem));
        Assert.Contains("do not belong together", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("host: a.example\n")]
    [InlineData("host: a.example\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    [InlineData("host: *\n")]
    public void TryRead_Rubbish_IsASentence(string text)
    {
        Assert.False(LocalAuthority.TryRead(text, out var authority, out var problem));
        Assert.Null(authority);
        Assert.NotEmpty(problem!);
    }

    [Fact]
    public void TryRead_AnyCut_NeverThrows()
    {
        using var authority = Authority("a.example");
        var text = authority.Export();
        for (var cut = 0; cut < text.Length - 1; cut += 7)
        {
            LocalAuthority.TryRead(text[..cut], out var read, out _);
            Assert.True(read is null || cut > text.IndexOf("-----END PRIVATE", StringComparison.Ordinal), $"cut at {cut}");
        }
    }
}
