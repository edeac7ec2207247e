using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Swarm.Diagnostics.Tcp;
using Swarm.Proxy.Cli;

namespace Swarm.Proxy.Tests;

/// <summary><c>doctor</c>: each check over facts, and the verb on this machine.</summary>
public sealed class DoctorTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 9, 0, 0, TimeSpan.Zero);

    private static readonly DoctorFacts Well = new(
        Now, Now.AddDays(-30), null, new Dictionary<string, string>(), new IPEndPoint(IPAddress.Loopback, 7976),
        [new PortFact("--listen", new IPEndPoint(IPAddress.Loopback, 7976), null)],
        [new FolderFact("pieces", "/cache", 100L << 30, null)],
        null, [new ProbeStatus("T1 inet_diag", "all", null)], null);

    [Fact]
    public void EverythingInOrder_IsAllGood_AndSaysSo()
    {
        var lines = Look(Well);
        Assert.All(lines, l => Assert.Equal((DoctorOutcome.Good, null), (l.Outcome, l.Fix)));
        Assert.Equal("All is well.", DoctorText.Lines(lines).Last());
    }

    [Fact]
    public void PortOfAnother_IsBad_AndNamesHolderAndFlag()
    {
        var line = One(Well with { Ports = [new PortFact("--listen", new IPEndPoint(IPAddress.Loopback, 7976), "taken by nginx (pid 812)")] }, DoctorOutcome.Bad);
        Assert.Equal("127.0.0.1:7976 (--listen): taken by nginx (pid 812)", line.Says);
        Assert.Contains("--listen ADDRESS:PORT", line.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void PortOfTheRunningNode_IsGood() =>
        Assert.Contains(Look(Well with { NodeUrl = "http://127.0.0.1:7977" }), l => l.Says == "127.0.0.1:7976 (--listen) is the running node's");

    [Fact]
    public void FolderThatCannotBeWritten_IsBad_AndFullDiskIsAHint()
    {
        Assert.Equal("pieces: /cache cannot be written: permission denied", One(Well with { Folders = [new FolderFact("pieces", "/cache", null, "permission denied")] }, DoctorOutcome.Bad).Says);
        Assert.Contains("--quota", One(Well with { Folders = [new FolderFact("pieces", "/cache", 1 << 20, null)] }, DoctorOutcome.Hint).Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void ClockBeforeTheProgramWasBuilt_IsBad() => Assert.Equal("clock", One(Well with { Now = Now.AddYears(-3) }, DoctorOutcome.Bad).Topic);

    [Theory]
    [InlineData(4, false)]
    [InlineData(-4, false)]
    [InlineData(6, true)]
    [InlineData(-6, true)]
    public void ClockBesideTheSites_IsComparedToFiveMinutes(int minutes, bool bad)
    {
        var lines = Look(Well with { Site = new SiteFact("http://h/", 206, true, "\"v1\"", Now.AddMinutes(minutes), null) });
        Assert.Equal(bad, lines.Any(l => l is { Topic: "clock", Outcome: DoctorOutcome.Bad }));
    }

    [Theory]
    [InlineData("http_proxy", "http://127.0.0.1:7976", true)]
    [InlineData("HTTP_PROXY", "localhost:7976", true)]
    [InlineData("http_proxy", "http://127.0.0.1:3128", false)]
    [InlineData("all_proxy", "socks5://corp.example:1080", false)]
    public void ProxyVariable_IsOursOrAHint(string name, string value, bool ours)
    {
        var lines = Look(Well with { Variables = new Dictionary<string, string> { [name] = value, ["https_proxy"] = "http://127.0.0.1:7976", ["no_proxy"] = "localhost" } });
        Assert.Equal(!ours, lines.Any(l => l is { Topic: "proxy", Outcome: DoctorOutcome.Hint }));
    }

    [Fact]
    public void HttpsPastTheProxy_IsAHint() => Assert.StartsWith(
        "https_proxy is not set", One(Well with { Variables = new Dictionary<string, string> { ["http_proxy"] = "http://127.0.0.1:7976", ["NO_PROXY"] = "localhost" } }, DoctorOutcome.Hint).Says, StringComparison.Ordinal);

    [Theory]
    [InlineData("*", "no_proxy is *")]
    [InlineData("localhost, .example.org", "no_proxy (localhost, .example.org) covers films.example.org")]
    [InlineData(null, "no_proxy is not set")]
    public void NoProxy_ThatSwallowsWhatIsWanted_OrIsMissing_IsAHint(string? list, string says)
    {
        var variables = new Dictionary<string, string> { ["http_proxy"] = "http://127.0.0.1:7976", ["https_proxy"] = "http://127.0.0.1:7976", ["no_proxy"] = list ?? "" };
        var wanting = Well with { Variables = variables, WantedHosts = ["*", "films.example.org", "other.example"] };
        Assert.StartsWith(says, One(wanting, DoctorOutcome.Hint).Says, StringComparison.Ordinal);

        variables["no_proxy"] = "localhost,.example.net";
        Assert.DoesNotContain(Look(wanting), l => l.Outcome == DoctorOutcome.Hint);
    }

    [Fact]
    public void UpstreamThatDoesNotAnswer_IsBad_AndOneThatDoesIsGood()
    {
        var up = new UpstreamFact("http://old:3128", "the variable http_proxy", "nothing listens there");
        var line = One(Well with { Upstreams = [up] }, DoctorOutcome.Bad);
        Assert.Contains("http://old:3128", line.Says, StringComparison.Ordinal);
        Assert.Contains("--upstream-proxy none", line.Fix, StringComparison.Ordinal);
        Assert.All(Look(Well with { Upstreams = [up with { Problem = null }] }), l => Assert.Equal(DoctorOutcome.Good, l.Outcome));
    }

    [Theory]
    [InlineData("http://me:secret@old:3128", DoctorOutcome.Hint, "git goes to http://old:3128, whatever the variables say: /home/me/.gitconfig, line 4")]
    [InlineData("me:secret@old:3128", DoctorOutcome.Hint, "git goes to http://old:3128, whatever the variables say: /home/me/.gitconfig, line 4")]
    [InlineData("", DoctorOutcome.Hint, "git goes to no proxy, whatever the variables say: /home/me/.gitconfig, line 4")]
    [InlineData("127.0.0.1:7976", DoctorOutcome.Good, "git comes here (/home/me/.gitconfig, line 4): it gets no answer until a node runs")]
    public void ToolWithAProxyOfItsOwn_IsNamedWithFileAndLine(string value, object outcome, string says) => Assert.Contains(
        Look(Well with { ToolProxies = [new ToolProxyFact("git", "/home/me/.gitconfig", 4, value)] }), l => (l.Outcome, l.Says) == ((DoctorOutcome)outcome, says));

    [Theory]
    [InlineData(true, true, true, DoctorOutcome.Good)]
    [InlineData(true, true, false, DoctorOutcome.Good)]
    [InlineData(true, false, true, DoctorOutcome.Hint)]
    [InlineData(true, false, false, DoctorOutcome.Hint)]
    [InlineData(false, true, true, DoctorOutcome.Bad)]
    public void Network_IsJudgedByLoopbackAndRoutes(bool loopback, bool four, bool six, object outcome) =>
        Assert.Equal((DoctorOutcome)outcome, Look(Well with { Network = new(loopback, four, six) }).Where(l => l.Topic == "net").Max(l => l.Outcome));

    [Theory]
    [InlineData(511, DoctorOutcome.Bad)]
    [InlineData(1023, DoctorOutcome.Hint)]
    [InlineData(1024, DoctorOutcome.Good)]
    public void OpenFiles_AreBoundedFromBelow(long most, object outcome) =>
        Assert.Equal((DoctorOutcome)outcome, Assert.Single(Look(Well with { OpenFilesMax = most }), l => l.Topic == "files").Outcome);

    [Theory]
    [InlineData(0, true, "ca-certificates")]
    [InlineData(0, false, "libssl3")]
    public void MachineThatCannotVerifyOrigins_IsBad(int authorities, bool library, string fix)
    {
        Assert.Contains(fix, One(Well with { Trust = new(authorities, library) }, DoctorOutcome.Bad).Fix, StringComparison.Ordinal);
        Assert.DoesNotContain(Look(Well with { Trust = new(140, true) }), l => l.Outcome == DoctorOutcome.Bad);
    }

    [Fact]
    public void ClockBeforeWhatANodeWrote_IsBad()
    {
        Assert.Contains("/state/control.token", One(Well with { LastWritten = new("/state/control.token", Now.AddDays(2)) }, DoctorOutcome.Bad).Says, StringComparison.Ordinal);
        Assert.DoesNotContain(Look(Well with { LastWritten = new("/state/control.token", Now.AddHours(-1)) }), l => l.Outcome == DoctorOutcome.Bad);
    }

    [Fact]
    public void RunningNodeOfAnotherVersion_IsAHint() =>
        Assert.Contains("0.1 (commit a)", One(Well with { NodeUrl = "http://127.0.0.1:7977", OtherVersion = "0.1 (commit a)" }, DoctorOutcome.Hint).Says, StringComparison.Ordinal);

    [Fact]
    public void UsualPeerPortOfAnother_IsAHint() =>
        Assert.Contains("taken by transmission", One(Well with { Ports = [new PortFact("--peer-listen", new IPEndPoint(IPAddress.IPv6Any, 51413), "taken by transmission-da (pid 3)", AnyWillDo: true)] }, DoctorOutcome.Hint).Says, StringComparison.Ordinal);

    [Theory]
    [InlineData(FolderTrouble.Full, "df -i")]
    [InlineData(FolderTrouble.ReadOnly, "mount")]
    [InlineData(FolderTrouble.FileInTheWay, "move that file")]
    [InlineData(FolderTrouble.Other, "give it to this user")]
    public void FolderThatCannotBeWritten_IsMendedByItsCause(object trouble, string fix) => Assert.Contains(
        fix, One(Well with { Folders = [new FolderFact("pieces", "/cache", null, "why") { Trouble = (FolderTrouble)trouble }] }, DoctorOutcome.Bad).Fix, StringComparison.Ordinal);

    [Fact]
    public void ProxyVariable_IsShownWithoutItsPassword()
    {
        var line = One(Well with { Variables = new Dictionary<string, string> { ["https_proxy"] = "http://me:secret@corp.example:3128" } }, DoctorOutcome.Hint);
        Assert.Contains("corp.example:3128", line.Says, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", line.Says, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400, DoctorOutcome.Good)]
    [InlineData(29, DoctorOutcome.Hint)]
    [InlineData(-1, DoctorOutcome.Bad)]
    public void Authority_IsJudgedByItsEnd(int days, object outcome) => Assert.Contains(
        Look(Well with { Authority = new AuthorityFact(["films.example"], Now.AddDays(days), null) }),
        l => l.Topic == "https" && l.Outcome == (DoctorOutcome)outcome && l.Says.Contains("films.example", StringComparison.Ordinal));

    [Fact]
    public void TierThatIsAbsent_IsAHintWithReasonAndFix()
    {
        var line = One(Well with { Tiers = [new ProbeStatus("T3a eBPF bracket", "", "libbpf.so.1 is not installed") { Fix = "apt-get install libbpf1" }] }, DoctorOutcome.Hint);
        Assert.Equal(("T3a eBPF bracket is absent: libbpf.so.1 is not installed", "apt-get install libbpf1"), (line.Says, line.Fix));
    }

    [Fact]
    public void SiteWithoutRangesAndWithAWeakTag_IsTwoHints() => Assert.Equal(
        2, Look(Well with { Site = new SiteFact("http://h/f", 200, false, "W/\"1\"", Now, null) }).Count(l => l is { Topic: "site", Outcome: DoctorOutcome.Hint }));

    public static TheoryData<string, object, string> SwarmCases => new()
    {
        { "it names no torrent", DoctorOutcome.Hint, "none" },
        { "its torrent http://h/.swarm/f.torrent: the server answers 403", DoctorOutcome.Bad, "unreadable" },
        { "the file has 7 bytes, its torrent is of one with 9", DoctorOutcome.Bad, "length" },
        { "piece 0 of the file differs", DoctorOutcome.Bad, "piece" },
        { "the torrent names no web seed", DoctorOutcome.Hint, "no web seed" },
        { "the torrent's web seed is http://h/other, not http://h/f", DoctorOutcome.Bad, "other web seed" },
        { "the torrent names no tracker", DoctorOutcome.Hint, "no tracker" },
        { "tracker http://t/announce: refused", DoctorOutcome.Bad, "tracker" },
        { "tracker http://t/announce knows no seed", DoctorOutcome.Hint, "no seed" },
        { "the torrent names 2 more trackers, which were not asked", DoctorOutcome.Hint, "many trackers" },
        { "the trackers name no peer", DoctorOutcome.Hint, "no peer" },
        { "no peer can be reached from here: 192.0.2.7:51413: no answer in 5 s", DoctorOutcome.Bad, "closed port" },
    };

    [Theory]
    [MemberData(nameof(SwarmCases))]
    public void Swarm_OneThingAmiss_IsOneLineWithItsFix(string says, object outcome, string amiss)
    {
        var well = new SwarmFact("http://h/.swarm/f.torrent", null)
        {
            SiteBytes = 9, TorrentBytes = 9, PiecesCompared = 1, WebSeeds = ["http://h/f"], IsOwnWebSeed = true,
            Trackers = [new("http://t/announce", 1, null)], Peers = [new("192.0.2.7:51413", null)],
        };
        var facts = Well with { Site = new SiteFact("http://h/f", 206, true, "\"v1\"", Now, null) };
        Assert.All(Look(facts with { Swarm = well }), l => Assert.Equal(DoctorOutcome.Good, l.Outcome));

        var line = One(facts with
        {
            Swarm = amiss switch
            {
                "none" => new(null, null),
                "unreadable" => new("http://h/.swarm/f.torrent", "the server answers 403"),
                "length" => well with { SiteBytes = 7 },
                "piece" => well with { PieceProblem = "piece 0 of the file differs from its torrent" },
                "no web seed" => well with { WebSeeds = [], IsOwnWebSeed = false },
                "other web seed" => well with { WebSeeds = ["http://h/other"], IsOwnWebSeed = false },
                "no tracker" => well with { Trackers = [] },
                "tracker" => well with { Trackers = [new("http://t/announce", null, "refused")] },
                "no seed" => well with { Trackers = [new("http://t/announce", 0, null)] },
                "many trackers" => well with { UnaskedTrackers = 2 },
                "no peer" => well with { Peers = [] },
                _ => well with { Peers = [new("192.0.2.7:51413", "no answer in 5 s")] },
            },
        }, (DoctorOutcome)outcome);
        Assert.StartsWith(says, line.Says, StringComparison.Ordinal);
        Assert.NotNull(line.Fix);
    }

    [Fact]
    public async Task Verb_WithATakenPort_NamesItAndExits1()
    {
        using var cli = new CliHarness();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        Assert.Equal(1, await cli.RunAsync("doctor", "--json", "--listen", other.LocalEndpoint.ToString()!, "--control", "127.0.0.1:0"));
        using var json = JsonDocument.Parse(cli.Out.Text);
        var bad = Assert.Single(json.RootElement.GetProperty("checks").EnumerateArray(), c => c.GetProperty("outcome").GetString() == "BAD");
        Assert.StartsWith($"{other.LocalEndpoint} (--listen): taken by", bad.GetProperty("says").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verb_OfAFreshUser_ExitsWith0_AndLeavesNothingBehind()
    {
        using var cli = new CliHarness();
        Assert.Equal(0, await cli.RunAsync("doctor", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"));
        Assert.Contains(cli.Out.Lines, l => l.Contains("T1 inet_diag", StringComparison.Ordinal));
        Assert.Empty(Directory.EnumerateFileSystemEntries(cli.Root));
    }

    [Fact]
    public async Task Verb_WithAFileInTheWay_AStaleProxyAndToolsOfTheirOwn_NamesEach()
    {
        using var cli = new CliHarness();
        await File.WriteAllTextAsync(Path.Combine(cli.Root, ".cache"), "no folder", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(cli.Root, ".npmrc"), "# mine\nproxy=http://old:1\n", TestContext.Current.CancellationToken);
        int closed;
        using (var gone = new TcpListener(IPAddress.Loopback, 0))
        {
            gone.Start();
            closed = ((IPEndPoint)gone.LocalEndpoint).Port;
        }

        cli.Variables["http_proxy"] = $"http://127.0.0.1:{closed}";
        Assert.Equal(1, await cli.RunAsync("doctor", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"));
        Assert.Contains(cli.Out.Lines, l => l.StartsWith("BAD   disk", StringComparison.Ordinal) && l.EndsWith($"{cli.Root}/.cache is a file", StringComparison.Ordinal));
        Assert.Contains(cli.Out.Lines, l => l.StartsWith("BAD   up", StringComparison.Ordinal) && l.EndsWith("does not answer: nothing listens there", StringComparison.Ordinal));
        Assert.Contains(cli.Out.Lines, l => l.Contains($"npm goes to http://old:1, whatever the variables say: {cli.Root}/.npmrc, line 2", StringComparison.Ordinal));
        Assert.Contains(cli.Out.Lines, l => l.StartsWith("ok    net", StringComparison.Ordinal) || l.StartsWith("hint  net", StringComparison.Ordinal));
        Assert.Contains(cli.Out.Lines, l => l.Contains("files and sockets may be open", StringComparison.Ordinal));

        await cli.RunAsync("doctor", "--upstream-proxy", "none", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0");
        Assert.Single(cli.Out.Lines, l => l.StartsWith("BAD   up", StringComparison.Ordinal));
    }

    [Fact]
    public void Port_OfAFamilyThatTheMachineHasNot_IsATroubleInWords()
    {
        Assert.Equal("this machine has no such address family", DoctorRounds.Taken(new Elsewhere()));
    }

    [Fact]
    public void Port_ThatSomebodyHasInIPv4Alone_IsTakenForBoth()
    {
        using var other = new TcpListener(IPAddress.Any, 0);
        other.Start();
        Assert.StartsWith("taken by ", DoctorRounds.Taken(new IPEndPoint(IPAddress.IPv6Any, ((IPEndPoint)other.LocalEndpoint).Port)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verb_WithASiteThatIsNoUrl_ExitsWith2()
    {
        using var cli = new CliHarness();
        Assert.Equal(2, await cli.RunAsync("doctor", "--site", "films"));
        Assert.Contains("'films' is not an http or https URL", Assert.Single(cli.Error.Lines), StringComparison.Ordinal);
    }

    private static List<DoctorLine> Look(DoctorFacts facts) => [.. DoctorChecks.All.SelectMany(c => c.Look(facts))];

    private static DoctorLine One(DoctorFacts facts, DoctorOutcome outcome) => Assert.Single(Look(facts), l => l.Outcome == outcome);

    /// <summary>Of a family that no Linux has any more, as IPv6 is none on a machine without it.</summary>
    private sealed class Elsewhere() : IPEndPoint(IPAddress.Any, 0)
    {
        public override AddressFamily AddressFamily => AddressFamily.Banyan;
    }
}
