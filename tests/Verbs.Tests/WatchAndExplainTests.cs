using System.Net.Sockets;
using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Verbs.Tests;

/// <summary><c>watch</c>, <c>explain CONN</c>, <c>advise</c> and the live <c>top</c>.</summary>
public sealed class WatchAndExplainTests
{
    [Fact]
    public async Task Watch_ShowsMemoryVerdictsAndEveryCollapse()
    {
        using var cli = new VerbHarness();
        Assert.Equal(0, await cli.RunAsync(Samples.IdleReader(), "watch", ":5001", "--for", "1500ms"));
        Assert.Contains(cli.OutLines, l => l.Contains("collapse 15 ms: 30000 → 900 skbs", StringComparison.Ordinal));
        Assert.Contains(cli.OutLines, l => l.EndsWith("now RAISED", StringComparison.Ordinal));
        Assert.Contains(cli.OutLines, l => l.Contains("rmem_alloc ", StringComparison.Ordinal) && l.Contains("reads 0 B/s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Watch_WithoutAMatch_SaysSo()
    {
        using var cli = new VerbHarness();
        Assert.Equal(3, await cli.RunAsync(Samples.IdleReader(), "watch", ":1", "--for", "300ms"));
        Assert.Contains("No connection matched ':1'.", cli.ErrorLines);
        Assert.Equal(2, await cli.RunAsync(Samples.IdleReader(), "watch", "sprot", "=", ":1"));
        Assert.Contains("'sprot' is not known", cli.ErrorLines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_AConnection_SaysCauseNumbersAndWhatToDo()
    {
        using var cli = new VerbHarness();
        Assert.Equal(0, await cli.RunAsync(Samples.IdleReader(), "explain", ":5001", "--for", "900ms"));
        Assert.StartsWith("COLLAPSING, ", cli.OutLines[0], StringComparison.Ordinal);
        Assert.Contains("bracketed: collapses 1, stall of them 15 ms, longest stall 15 ms", cli.Out, StringComparison.Ordinal);
        Assert.Contains(cli.OutLines, l => l.StartsWith("  rcvbuf ", StringComparison.Ordinal));
        Assert.Contains("→ One collapse under 1 ms", cli.Out, StringComparison.Ordinal);
        Assert.Equal(3, await cli.RunAsync(Samples.IdleReader(), "explain", "sport", "=", ":9", "--for", "300ms"));
    }

    [Fact]
    public async Task Advise_IsArithmetic_AndChangesNothing()
    {
        using var cli = new VerbHarness();
        Assert.Equal(0, await cli.RunAsync(Samples.IdleReader(), "advise", "--for", "900ms"));
        Assert.Contains("Nothing was changed.", cli.Out, StringComparison.Ordinal);
        // 32 MiB ÷ 832 B × 0.5 µs, and half of it each 20 ms.
        Assert.Contains(cli.OutLines, l => l.Contains("33.6 MB", StringComparison.Ordinal) && l.Contains("20.2 ms", StringComparison.Ordinal) && l.Contains("839 MB/s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Top_Live_DrawsAScreen_ObeysKeys_AndEndsWithQ()
    {
        using var cli = new VerbHarness { Terminal = new TypedKeys("2q") };
        Assert.Equal(0, await cli.RunAsync(Samples.IdleReader(), "top", "sport", "=", ":5001"));
        Assert.Contains("by rcvbuf, where sport = :5001", cli.Out, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1:5001", cli.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("top")]
    [InlineData("watch", ":5001")]
    public async Task WhatNobodyReadsAnyMore_Ends(params string[] verb)
    {
        // swarmstream-diag watch :5001 | head -1
        var lines = 0;
        using var cli = new VerbHarness { OnLine = _ => lines++, IsOutputGone = () => lines > 0 };
        Assert.Equal(0, await cli.RunAsync(Samples.IdleReader(), verb));
        Assert.True(lines > 0);
        Assert.False(cli.Stop.IsCancellationRequested);
    }

    [Fact]
    public async Task Watch_OfAProcess_SeesTheConnectionsThatItMakesLater()
    {
        using var first = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var later = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var isFirstSeen = false;
        var probe = new ToldProbe([Of(first, 5001), Of(later, 5002)])
        {
            Script = (s, _) => s.Local.Port == 5001 || isFirstSeen ? s : s with { State = TcpState.Listen },
        };
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var cli = new VerbHarness
        {
            OnLine = line =>
            {
                isFirstSeen |= line.Contains(":5001 ", StringComparison.Ordinal);
                _ = line.Contains(":5002 ", StringComparison.Ordinal) && seen.TrySetResult();
            },
        };
        var watching = cli.RunAsync(probe, "watch", $"pid = {Environment.ProcessId}", "--for", "10s");
        Assert.Equal(seen.Task, await Task.WhenAny(seen.Task, watching));
        await cli.Stop.CancelAsync();
        Assert.Equal(0, await watching);

        static SocketSample Of(Socket socket, int port) => new()
        {
            Cookie = (ulong)port,
            State = TcpState.Established,
            Fields = SocketFields.Memory,
            Local = new SocketEnd(0x7F000001, false, port),
            Inode = uint.Parse(new FileInfo($"/proc/self/fd/{socket.Handle}").LinkTarget!["socket:[".Length..^1], System.Globalization.CultureInfo.InvariantCulture),
        };
    }

    [Fact]
    public async Task Top_OnANarrowTerminal_LosesColumns_NeverTheVerdict()
    {
        using var cli = new VerbHarness { Terminal = new TypedKeys("", width: 80) };
        Assert.Equal(0, await cli.RunAsync(Samples.ReaderThatWakes(idleReadings: 1000, static _ => { }), "top", "--once"));
        Assert.StartsWith("rmem_alloc  ", cli.OutLines[0], StringComparison.Ordinal);
        Assert.EndsWith("  verdict", cli.OutLines[0], StringComparison.Ordinal);
        Assert.DoesNotContain("collapses", cli.OutLines[0], StringComparison.Ordinal);
        Assert.EndsWith(" BLOATED", cli.OutLines[1], StringComparison.Ordinal);
        Assert.All(cli.OutLines[..2], line => Assert.InRange(line.Length, 40, 80));
    }

    [Fact]
    public async Task Top_OnAScreenTooNarrowForAllVerdicts_ShowsTheGravest_AndHowManyMore()
    {
        using var cli = new VerbHarness { Terminal = new TypedKeys("", width: 60) };
        Assert.Equal(0, await cli.RunAsync(Samples.IdleReader(), "top", "--once"));
        Assert.EndsWith("  COLLAPSING +3", cli.OutLines[1], StringComparison.Ordinal);
        Assert.InRange(cli.OutLines[1].Length, 40, 60);
    }

    [Fact]
    public async Task Top_Live_WithoutATerminal_PrintsTables()
    {
        using var cli = new VerbHarness();
        Assert.Equal(0, await cli.RunAsync(Samples.IdleReader(), "top", "--for", "1500ms", "--sort", "ratio"));
        Assert.Contains("1 shown by ratio", cli.Out, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', cli.Out);
        Assert.Equal(2, await cli.RunAsync(Samples.IdleReader(), "top", "--sort", "colour"));
    }

    [Fact]
    public async Task Trace_TakesThreeWords()
    {
        using var cli = new VerbHarness();
        Assert.Equal(2, await cli.RunAsync(Samples.IdleReader(), "check", "--trace", "maybe"));
        Assert.Equal("--trace maybe is none of off, demand, always.", cli.ErrorLines[^1]);
    }

    private sealed class TypedKeys(string keys, int width = 200) : ITerminal
    {
        private int _next;

        public int Width => width;

        public int Height => 30;

        // One key a question, and a pause after each: the screen is drawn in between.
        public char? Key() => _next / 2 < keys.Length ? (_next++ % 2 == 0 ? null : keys[(_next - 1) / 2]) : null;
    }
}
