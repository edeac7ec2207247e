using System.Text.Json;

namespace Swarm.Diagnostics.Verbs.Tests;

/// <summary><c>record</c>, <c>replay</c>, and <c>explain</c> of a recording: what was seen live is what the file says.</summary>
public sealed class RecordAndReplayTests
{
    [Fact]
    public async Task Replay_OfARecording_FindsWhatTheWatchFound()
    {
        using var live = new VerbHarness();
        await live.RunAsync(Samples.IdleReader(), "check", "--for", "900ms");
        using var cli = new VerbHarness();
        Assert.Equal(0, await cli.RunAsync(Samples.IdleReader(), "record", "r.swd", "--for", "900ms"));
        Assert.Equal("READY recording=r.swd", cli.OutLines[0]);

        using var replay = new VerbHarness();
        Assert.Equal(1, await replay.RunAsync("replay", cli.Root + "/r.swd"));
        Assert.Equal(Verdicts(live), Verdicts(replay));
        Assert.Contains("BLOATED", Verdicts(replay), StringComparison.Ordinal);
        Assert.Contains("COLLAPSING", Verdicts(replay), StringComparison.Ordinal);
        Assert.Empty(replay.ErrorLines);
    }

    [Fact]
    public async Task Replay_OfAnIllnessThatEnded_SaysThatThereWasOne()
    {
        using var cli = new VerbHarness();
        var woken = Samples.ReaderThatWakes(idleReadings: 4, i =>
        {
            if (i == 12)
            {
                cli.Stop.Cancel();
            }
        });
        await cli.RunAsync(woken, "record", "r.swd");
        using var replay = new VerbHarness();
        Assert.True(await replay.RunAsync("replay", cli.Root + "/r.swd") == 0, replay.Out);
        Assert.StartsWith("Healthy at its end: 1 connection, ", replay.OutLines[0], StringComparison.Ordinal);
        Assert.StartsWith("1 connection stood out before its end, and recovered or closed: 'swarmstream-diag explain ", replay.OutLines[1], StringComparison.Ordinal);
        using var json = new VerbHarness();
        Assert.Equal(0, await json.RunAsync("replay", cli.Root + "/r.swd", "--json"));
        Assert.Equal(1, JsonDocument.Parse(json.Out).RootElement.GetProperty("stood_out_count").GetInt32());
    }

    [Fact]
    public async Task Explain_OfARecording_DrawsTheConnectionAndItsCollapses()
    {
        using var cli = new VerbHarness();
        await cli.RunAsync(Samples.IdleReader(), "record", "r.swd", "--for", "900ms");
        using var explain = new VerbHarness();
        Assert.Equal(0, await explain.RunAsync("explain", cli.Root + "/r.swd"));
        Assert.Contains(explain.OutLines, l => l.StartsWith("  rmem_alloc ", StringComparison.Ordinal) && l.Contains('█', StringComparison.Ordinal));
        Assert.Contains("collapse 15 ms: 30000 → 900 skbs, rmem_alloc 33 MB → 4 MB (bracketed)", explain.Out, StringComparison.Ordinal);
        Assert.Contains("1 connection stood out at some time", explain.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CutRecording_IsReadAsFarAsItGoes_AndSaysSo()
    {
        using var cli = new VerbHarness();
        await cli.RunAsync(Samples.IdleReader(), "record", "r.swd", "--for", "900ms");
        var bytes = File.ReadAllBytes(cli.Root + "/r.swd");
        using var cut = new VerbHarness();
        Assert.Equal(1, await cut.RunAsync("replay", cut.Write("cut.swd", bytes[..^3])));
        Assert.StartsWith("cut.swd was cut", Assert.Single(cut.ErrorLines), StringComparison.Ordinal);
        using var spoiled = new VerbHarness();
        bytes[^40] ^= 1;
        await spoiled.RunAsync("replay", spoiled.Write("bad.swd", bytes));
        Assert.StartsWith("bad.swd is damaged after byte ", Assert.Single(spoiled.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_IsALineForEachSampleAndCollapse()
    {
        using var cli = new VerbHarness();
        await cli.RunAsync(Samples.IdleReader(), "record", "r.swd", "--for", "500ms");
        using var jsonl = new VerbHarness();
        Assert.Equal(0, await jsonl.RunAsync("replay", cli.Root + "/r.swd", "--export", "jsonl"));
        var lines = jsonl.OutLines.Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal(Samples.Local.Port, lines[0].GetProperty("local_port").GetInt32());
        Assert.Contains(lines, l => l.GetProperty("collapse_us").ValueKind == JsonValueKind.Number && l.GetProperty("tier").GetString() == "bracketed");
        Assert.Contains(lines, l => l.GetProperty("tier").GetString() == "sampled" && l.GetProperty("rcv_wnd").ValueKind == JsonValueKind.Null);

        using var csv = new VerbHarness();
        Assert.Equal(0, await csv.RunAsync("replay", cli.Root + "/r.swd", "--export", "csv"));
        Assert.Equal(lines.Count + 1, csv.OutLines.Length);
        Assert.All(csv.OutLines, l => Assert.Equal(csv.OutLines[0].Split(',').Length, l.Split(',').Length));
    }

    [Fact]
    public async Task Report_OfARecording_HasTheConnectionItsHistoryItsCollapsesAndItsFindings()
    {
        using var cli = new VerbHarness();
        await cli.RunAsync(Samples.IdleReader(), "record", "r.swd", "--for", "900ms");
        using var json = JsonDocument.Parse(RecordingReport.Json(File.OpenRead(cli.Root + "/r.swd"), out var problem)!);
        Assert.Null(problem);
        var root = json.RootElement;
        Assert.Equal(("swarmstream.tcp.recording/1", "clean"), (root.GetProperty("schema").GetString(), root.GetProperty("end").GetString()));
        var connection = Assert.Single(root.GetProperty("connections").EnumerateArray());
        Assert.Equal(Samples.Local.Port, connection.GetProperty("local_port").GetInt32());
        Assert.Contains("BLOATED", connection.GetProperty("verdicts").EnumerateArray().Select(v => v.GetString()));
        var history = connection.GetProperty("history");
        var held = history.GetProperty("rmem_alloc").EnumerateArray().Select(v => v.GetInt64()).ToList();
        Assert.InRange(held.Count, 2, 240);
        Assert.True(held.Max() >= connection.GetProperty("rmem_alloc").GetInt64(), "peaks stay");
        Assert.Equal(held.Count, history.GetProperty("payload").GetArrayLength());
        var histogram = root.GetProperty("collapse_histogram");
        Assert.True(histogram.GetProperty("counts").EnumerateArray().Sum(c => c.GetInt64()) > 0, "collapses are counted");
        Assert.Equal(histogram.GetProperty("le_seconds").GetArrayLength() + 1, histogram.GetProperty("counts").GetArrayLength());
        Assert.Contains("BLOATED", root.GetProperty("findings").EnumerateArray().Select(f => f.GetProperty("verdict").GetString()));
    }

    [Fact]
    public async Task Report_OfACutRecording_SaysSo_AndOfNoneSaysWhy()
    {
        using var cli = new VerbHarness();
        await cli.RunAsync(Samples.IdleReader(), "record", "r.swd", "--for", "900ms");
        var bytes = File.ReadAllBytes(cli.Root + "/r.swd");
        using var json = JsonDocument.Parse(RecordingReport.Json(new MemoryStream(bytes[..^3]), out _)!);
        Assert.Equal("cut", json.RootElement.GetProperty("end").GetString());
        Assert.Null(RecordingReport.Json(new MemoryStream([1, 2, 3]), out var problem));
        Assert.Equal("it is no recording of this program", problem);
        // The budget ends a recording where few bytes stand for very many samples.
        using var recording = Tcp.RecordingReader.TryOpen(new MemoryStream(bytes), out _);
        var play = RecordingPlay.Of(recording!, sampleLimit: 1);
        Assert.True(play.IsCut);
        Assert.Equal(1, recording!.Readings);
    }

    [Fact]
    public async Task WhatIsNoRecording_IsSaid()
    {
        using var cli = new VerbHarness();
        Assert.Equal(3, await cli.RunAsync("replay", cli.Write("x", "hello")));
        Assert.Equal("x: it is no recording of this program.", cli.ErrorLines[^1]);
        Assert.Equal(1, await cli.RunAsync("replay", "missing"));
        Assert.Equal("missing cannot be read: it does not exist.", cli.ErrorLines[^1]);
        Assert.Equal(2, await cli.RunAsync("replay", "x", "--export", "xml"));
        Assert.Equal(1, await cli.RunAsync(Samples.IdleReader(), "record", "no/such/folder", "--for", "1s"));
    }

    private static string Verdicts(VerbHarness cli) => string.Join('\n', cli.OutLines.Where(l => l.Contains(" from ", StringComparison.Ordinal) && !l.StartsWith(' ')));
}
