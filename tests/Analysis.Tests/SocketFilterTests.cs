namespace Swarm.Diagnostics.Analysis.Tests;

/// <summary>Filter expressions: what matches, and that whatever is typed gets an answer.</summary>
public sealed class SocketFilterTests
{
    private static readonly FilterSubject Subject = new(
        new SocketTrack(new SocketSample
        {
            State = TcpState.CloseWait,
            Local = SocketEnd.Of(System.Net.IPAddress.Parse("10.1.2.3"), 443),
            Remote = SocketEnd.Of(System.Net.IPAddress.Parse("::ffff:192.168.0.9"), 40000),
            Fields = SocketFields.Memory,
            RmemAllocBytes = 2_000_000,
            RcvbufBytes = 6_291_456,
            PayloadBytes = 20_000,
            UserId = 33,
        }),
        [Verdict.StalledReader, Verdict.Bloated],
        new SocketOwner(12, "nginx"),
        new SocketLabel("origin", "http://h/"));

    [Theory]
    [InlineData("", true)]
    [InlineData("sport = :443", true)]
    [InlineData("sport = 443", true)]
    [InlineData("sport eq :443", true)]
    [InlineData("sport :443", true)]
    [InlineData("sport != :443", false)]
    [InlineData("dport >= :1024", true)]
    [InlineData("dport < :1024", false)]
    [InlineData("port = 40000", true)]
    [InlineData(":443", true)]
    [InlineData(":444", false)]
    [InlineData("10.1.2.3:443", true)]
    [InlineData("192.168.0.9:*", true)]
    [InlineData("src 10.0.0.0/8", true)]
    [InlineData("src 10.0.0.0/16", false)]
    [InlineData("dst = 192.168.0.9", true)]
    [InlineData("dst 192.168.0.9:40001", false)]
    [InlineData("dst [::1]:40000", false)]
    [InlineData("state close-wait", true)]
    [InlineData("state estab", false)]
    [InlineData("rmem > 1M", true)]
    [InlineData("rmem > 2MB", false)]
    [InlineData("ratio >= 99.9x", true)]
    [InlineData("reclaimable < 1G", true)]
    [InlineData("uid = 33 pid = 12", true)]
    [InlineData("process = NGINX", true)]
    [InlineData("role = peer", false)]
    [InlineData("verdict = any", true)]
    [InlineData("verdict = stalled reader and sport = :443", true)]
    [InlineData("verdict = \"STALLED READER\"", true)]
    [InlineData("verdict != COLLAPSING", true)]
    [InlineData("not sport = :443 or rmem > 1K", true)]
    [InlineData("not ( sport = :443 or rmem > 1K )", false)]
    [InlineData("(sport=:1|dport=:40000)&&!uid==1", true)]
    public void Expression_MatchesAsItReads(string text, bool matches)
    {
        var filter = SocketFilter.TryParse(text, out var problem);
        Assert.Null(problem);
        Assert.Equal(matches, filter!.Matches(Subject));
    }

    [Theory]
    [InlineData("sprot = :1", "'sprot' is not known")]
    [InlineData("sport = x", "'x' is nothing that 'sport' can be equal to")]
    [InlineData("sport =", "'sport' is compared with nothing")]
    [InlineData("rmem > ", "'rmem' is compared with nothing")]
    [InlineData("( sport = :1", "a ')' is missing")]
    [InlineData("sport = :1 )", "')' is not expected there")]
    [InlineData("not", "the expression ends too early")]
    [InlineData("sport = :1 and", "the expression ends too early")]
    [InlineData("verdict = WELL", "'WELL' is nothing that")]
    [InlineData("state = open", "'open' is nothing that")]
    [InlineData("dst > 10.0.0.1", "nothing that 'dst' can be compared with")]
    [InlineData("src 10.0.0.0/33", "'10.0.0.0/33' is nothing")]
    public void WhatIsNoExpression_SaysWhy(string text, string why)
    {
        Assert.Null(SocketFilter.TryParse(text, out var problem));
        Assert.Contains(why, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void AnyTokens_GetAnAnswer()
    {
        string[] tokens = ["(", ")", "not", "and", "or", "=", ">", "sport", ":80", "10.0.0.1", "verdict", "stalled", "rmem", "1M", "!", "\""];
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Join(' ', Enumerable.Range(0, random.Next(1, 9)).Select(_ => tokens[random.Next(tokens.Length)]));
            var filter = SocketFilter.TryParse(text, out var problem);
            Assert.True(filter is null != problem is null, text);
            filter?.Matches(Subject);
        }

        Assert.Null(SocketFilter.TryParse(new string('(', 100_000), out _));
        Assert.Null(SocketFilter.TryParse(string.Concat(Enumerable.Repeat("not ", 10_000)) + "sport = :1", out _));
    }
}
