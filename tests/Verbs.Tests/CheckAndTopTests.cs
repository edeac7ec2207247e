using System.Text.Json;
using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Verbs.Tests;

/// <summary>The verbs of <c>diag</c>: exit codes, JSON and words, with a probe that tells what the test says.</summary>
public sealed class CheckAndTopTests
{
    private const string Stalled =
        "ESTAB 114176 0 127.0.0.1:41675 127.0.0.1:39320 users:((\"reader\",pid=12002,fd=5)) ino:1 sk:b "
        + "skmem:(r115008,rb131072,t0,tb4194304,f0,w0,o0,bl0,d3) rcvmss:536 cwnd:10 bytes_received:114176 data_segs_in:11 lastrcv:40000\n";

    private static readonly SocketSample Bloated = new()
    {
        State = TcpState.Established,
        Tier = Tier.Sampled,
        Fields = SocketFields.Memory,
        Local = new SocketEnd(0x7F000001, false, 5001),
        Remote = new SocketEnd(0x7F000002, false, 40000),
        RmemAllocBytes = 6_000_000,
        RcvbufBytes = 6_291_456,
        PayloadBytes = 68_000,
    };

    [Fact]
    public async Task Check_WithFindings_Exits1_AndItsJsonNamesConnectionAndMemory()
    {
        using var cli = new VerbHarness();
        Assert.Equal(1, await cli.RunAsync(new ToldProbe([Bloated]), "check", "--for", "300ms", "--json"));
        using var json = JsonDocument.Parse(cli.Out);
        Assert.Equal("swarmstream.diag.check/1", json.RootElement.GetProperty("schema").GetString());
        var finding = Assert.Single(json.RootElement.GetProperty("findings").EnumerateArray());
        Assert.Equal("BLOATED", finding.GetProperty("verdict").GetString());
        Assert.Equal(("127.0.0.1", 5001), (finding.GetProperty("local_address").GetString(), finding.GetProperty("local_port").GetInt32()));
        Assert.Equal(("127.0.0.2", 40000), (finding.GetProperty("remote_address").GetString(), finding.GetProperty("remote_port").GetInt32()));
        Assert.Equal((6_000_000, 6_291_456), (finding.GetProperty("rmem_alloc").GetInt64(), finding.GetProperty("rcvbuf").GetInt64()));
        Assert.Equal(JsonValueKind.Null, finding.GetProperty("pid").ValueKind);
        Assert.Empty(cli.ErrorLines);
    }

    [Fact]
    public async Task Check_OfHealthyConnections_Exits0_AndSaysWhatItCost()
    {
        using var cli = new VerbHarness();
        Assert.Equal(0, await cli.RunAsync(new ToldProbe([Bloated with { RmemAllocBytes = 70_000 }]), "check", "--for", "300ms"));
        Assert.StartsWith("Healthy: 1 connection, ", cli.Out, StringComparison.Ordinal);
        Assert.Contains("Read-only. Its own cost: ", cli.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("check", "--for", "1s")]
    [InlineData("check", "--for", "1s", "--json")]
    [InlineData("top", "--once")]
    public async Task WhereNothingCanBeMeasured_ItExits3_WithTheReason(params string[] arguments)
    {
        using var cli = new VerbHarness();
        Assert.Equal(3, await cli.RunAsync(new ToldProbe([], "a container without it"), arguments));
        Assert.Equal("Connections cannot be measured here: a container without it.", cli.ErrorLines[^1]);
        Assert.Empty(cli.Out);
    }

    [Fact]
    public async Task ProbeThatStartsAndNeverAnswers_IsNoHealthyMachine()
    {
        using var cli = new VerbHarness();
        Assert.Equal(3, await cli.RunAsync(new ToldProbe([], readProblem: "no answer"), "check", "--for", "10ms"));
        Assert.Contains("no answer", cli.ErrorLines[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("-1s")]
    [InlineData("0")]
    [InlineData("1e99s")]
    [InlineData("9999999999999h")]
    [InlineData("")]
    public async Task Check_ForNoTime_Exits2(string time)
    {
        using var cli = new VerbHarness();
        Assert.Equal(2, await cli.RunAsync(new ToldProbe([]), "check", "--for", time));
        Assert.Contains("is not a time", Assert.Single(cli.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Top_Once_ListsWhoHoldsMost()
    {
        using var cli = new VerbHarness();
        Assert.Equal(0, await cli.RunAsync(new ToldProbe([Bloated]), "top", "--once"));
        Assert.Contains("6 MB  6.29 MB    68 KB  88.2x      5.92 MB", cli.OutLines[1], StringComparison.Ordinal);
        Assert.EndsWith("127.0.0.1:5001  127.0.0.2:40000  -    BLOATED", cli.OutLines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Top_Json_ListsEveryConnection()
    {
        using var cli = new VerbHarness();
        Assert.Equal(0, await cli.RunAsync(new ToldProbe([Bloated]), "top", "--once", "--json"));
        using var json = JsonDocument.Parse(cli.Out);
        var connection = Assert.Single(json.RootElement.GetProperty("connections").EnumerateArray());
        Assert.Equal(6_000_000, connection.GetProperty("rmem_alloc").GetInt64());
        Assert.Equal("BLOATED", Assert.Single(connection.GetProperty("verdicts").EnumerateArray()).GetString());
    }

    [Fact]
    public async Task Explain_File_NamesTheStalledReader()
    {
        using var cli = new VerbHarness();
        Assert.Equal(0, await cli.RunAsync("explain", cli.Write("ss.txt", Stalled)));
        Assert.Contains(cli.OutLines, l => l == "STALLED READER  127.0.0.1:41675 from 127.0.0.1:39320  pid 12002 reader");
        Assert.Contains("Fix the reader first", cli.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_StandardInput_ReadsTheSame()
    {
        using var cli = new VerbHarness();
        Assert.Equal(0, await cli.RunWithInputAsync(new ToldProbe([]), Stalled, "explain", "-"));
        Assert.Contains("STALLED READER", cli.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_WhatIsNoTextOfSs_SaysHowToMakeOne()
    {
        using var cli = new VerbHarness();
        Assert.Equal(3, await cli.RunAsync("explain", cli.Write("x.txt", "hello\n")));
        Assert.Contains("ss -tOmien", Assert.Single(cli.ErrorLines), StringComparison.Ordinal);
        Assert.Equal(1, await cli.RunAsync("explain", "missing.txt"));
        Assert.Equal("missing.txt cannot be read: it does not exist.", cli.ErrorLines[^1]);
    }
}
