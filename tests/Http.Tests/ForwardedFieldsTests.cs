using System.Net;

namespace Swarm.Http.Tests;

/// <summary>Whom an origin is told a request is from: what a client says of itself counts for nothing.</summary>
public sealed class ForwardedFieldsTests
{
    private static readonly IPNetwork Trusted = IPNetwork.Parse("10.0.0.0/8");

    [Theory]
    [InlineData("203.0.113.9", "1.2.3.4", "https", "evil.example", "203.0.113.9", "203.0.113.9", "http", "files.example")] // a stranger
    [InlineData("10.0.0.1", "203.0.113.9", "https", "site.example", "203.0.113.9, 10.0.0.1", "203.0.113.9", "https", "site.example")]
    [InlineData("10.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.2", null, null, "1.2.3.4, 203.0.113.9, 10.0.0.2, 10.0.0.1", "203.0.113.9", "http", "files.example")] // the nearest nobody trusts
    [InlineData("10.0.0.1", "10.0.0.3", "gopher", "", "10.0.0.3, 10.0.0.1", "10.0.0.3", "http", "files.example")]
    [InlineData("10.0.0.1", "unknown", null, null, "unknown, 10.0.0.1", "10.0.0.1", "http", "files.example")]
    [InlineData("10.0.0.1", null, null, null, "10.0.0.1", "10.0.0.1", "http", "files.example")]
    public void Chain_CountsFromTrustedProxiesOnly(string remote, string? chain, string? proto, string? host, string toOrigin, string client, string saidProto, string saidHost)
    {
        var received = new HttpFields();
        foreach (var (name, value) in new[] { ("X-Forwarded-For", chain), ("X-Forwarded-Proto", proto), ("X-Forwarded-Host", host) })
        {
            if (value is not null)
            {
                received.Add(name, value);
            }
        }

        var said = ForwardedFields.Of(received, IPAddress.Parse(remote), "http", "files.example", Trusted.Contains);

        Assert.Equal(new ForwardedFields(toOrigin, saidProto, saidHost, IPAddress.Parse(client)), said);
    }

    [Fact]
    public void EndlessChain_IsCutOnTheLeft()
    {
        var received = new HttpFields();
        received.Add("X-Forwarded-For", string.Join(',', Enumerable.Repeat("10.9.9.9", 5_000)));

        var said = ForwardedFields.Of(received, IPAddress.Parse("10.0.0.1"), "http", "", Trusted.Contains);

        Assert.Equal(33, said.For.Split(',').Length);
    }
}
