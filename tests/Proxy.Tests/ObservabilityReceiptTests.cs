using System.Globalization;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Swarm.Engine.Receipts;

namespace Swarm.Proxy.Tests;

/// <summary>Receipts: their wire form, their log line, their file.</summary>
public sealed class ObservabilityReceiptTests
{
    private static string Golden(string name) => Path.Combine(AppContext.BaseDirectory, "golden", "receipts", name);

    [Fact]
    public void Json_IsTheContract()
    {
        var expected = File.ReadAllText(Golden("receipt.json")).Trim();
        var written = JsonSerializer.Serialize(ControlSamples.Receipt("r-1"), ReceiptJson.Default.ReceiptView);
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(expected).RootElement, JsonDocument.Parse(written).RootElement), written);
        Assert.Equal(written, JsonSerializer.Serialize(JsonSerializer.Deserialize(expected, ReceiptJson.Default.ReceiptView)!, ReceiptJson.Default.ReceiptView));
        Assert.StartsWith("{\"schema\":\"swarmstream.receipt/1\",", written, StringComparison.Ordinal);
    }

    [Fact]
    public void Line_IsAsGolden()
    {
        var cases = File.ReadAllText(Golden("lines.txt")).Split("\n\n")
            .Select(text => string.Join('\n', text.Split('\n').Where(line => !line.StartsWith('#'))).Split("\n----\n")).ToList();
        Assert.True(cases.Count >= 8);
        Assert.All(cases, pair => Assert.Equal(pair[1].TrimEnd('\n'), ReceiptLine.Format(Short(pair[0]))));
    }

    [Fact]
    public void Line_AnyUrl_IsOneShortPrintableLine() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), url =>
        {
            var line = ReceiptLine.Format(ControlSamples.Receipt("r", url ?? ""));
            return line.Length < 300 && !line.Any(char.IsControl);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0L, "0 B")]
    [InlineData(999L, "999 B")]
    [InlineData(1000L, "0.98 KiB")]
    [InlineData(1024L, "1.00 KiB")]
    [InlineData(10_230L, "9.99 KiB")]
    [InlineData(10_240L, "10.0 KiB")]
    [InlineData(102_400L, "100 KiB")]
    [InlineData(1_023_999L, "0.98 MiB")]
    [InlineData(long.MaxValue, "8.00 EiB")]
    [InlineData(-1L, "0 B")]
    public void Size_HasThreeDigits(long bytes, string text) => Assert.Equal(text, PlainUnits.Size(bytes));

    [Theory]
    [InlineData(0, "0 ms")]
    [InlineData(99, "99 ms")]
    [InlineData(812, "0.8 s")]
    [InlineData(59_499, "59 s")]
    [InlineData(59_999, "1 min 0 s")]
    [InlineData(3_600_000, "1 h 0 min")]
    [InlineData(90_000_000, "1 d 1 h")]
    [InlineData(double.NaN, "0 ms")]
    public void Duration_HasTheTwoUnitsThatMatter(double ms, string text) => Assert.Equal(text, PlainUnits.Duration(ms));

    [Theory]
    [InlineData(0, 10, "0 %")]
    [InlineData(1, 1000, "<1 %")]
    [InlineData(999, 1000, ">99 %")]
    [InlineData(10, 10, "100 %")]
    [InlineData(1, 0, "0 %")]
    public void Share_IsNeverRoundedToNothingOrAll(long part, long whole, string text) => Assert.Equal(text, PlainUnits.Share(part, whole));

    [Fact]
    public async Task Store_KeepsTheLastThousand_AndFindsThemAgainAfterARestart()
    {
        using var folder = new Folder();
        await using (var store = ReceiptStore.Open(folder.Path))
        {
            for (var i = 0; i < ReceiptStore.Kept + 150; i++)
            {
                store.Add(ControlSamples.Receipt($"r{i}"));
                await folder.WrittenAsync(i + 1);
            }

            Assert.Equal(ReceiptStore.Kept, store.Recent(int.MaxValue).Count);
            Assert.Equal("r1149", store.Recent(1)[0].Id);
        }

        await using var again = ReceiptStore.Open(folder.Path);
        var found = again.Recent(int.MaxValue);
        Assert.Equal(ReceiptStore.Kept, found.Count);
        Assert.Equal("r1149", found[0].Id);
        Assert.Equal("r150", found[^1].Id);
        Assert.NotNull(again.Find("r1000"));
        Assert.Null(again.Trouble);
    }

    [Fact]
    public async Task Store_SkipsTornAndForeignLines_AndWritesOn()
    {
        using var folder = new Folder();
        await using (var store = ReceiptStore.Open(folder.Path))
        {
            store.Add(ControlSamples.Receipt("whole"));
        }

        File.AppendAllText(folder.File, "{\"schema\":\"swarmstream.receipt/2\",\"id\":\"later\"}\nnull\n[]\n{\"schema\":\"swarmstream.receipt/1\",\"id\":\"torn\",\"ur");
        await using (var store = ReceiptStore.Open(folder.Path))
        {
            Assert.Equal("whole", Assert.Single(store.Recent(10)).Id);
            store.Add(ControlSamples.Receipt("after"));
        }

        await using var again = ReceiptStore.Open(folder.Path);
        Assert.Equal(["after", "whole"], again.Recent(10).Select(receipt => receipt.Id));
    }

    [Fact]
    public async Task Store_RotatesAtItsLimit_AndReadsBothFiles()
    {
        using var folder = new Folder();
        await using (var store = ReceiptStore.Open(folder.Path, rotateBytes: 3000))
        {
            for (var i = 0; i < 5; i++)
            {
                store.Add(ControlSamples.Receipt($"r{i}"));
            }
        }

        Assert.True(File.Exists(Path.Combine(folder.Path, "receipts.1.jsonl")));
        Assert.InRange(new FileInfo(folder.File).Length, 1, 5000);
        await using var again = ReceiptStore.Open(folder.Path, rotateBytes: 3000);
        Assert.Equal("r4", again.Recent(1)[0].Id);
        Assert.InRange(again.Recent(10).Count, 2, 5);
    }

    [Fact]
    public async Task Store_WhoseDiskFails_KeepsMemoryAndSaysWhy()
    {
        using var folder = new Folder();
        Directory.CreateDirectory(folder.File);
        string? trouble;
        await using (var store = ReceiptStore.Open(folder.Path))
        {
            store.Add(ControlSamples.Receipt("kept"));
            while ((trouble = store.Trouble) is null)
            {
                await Task.Yield();
            }

            Assert.Equal("kept", store.Find("kept")!.Id);
        }

        Assert.NotEmpty(trouble);
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task Store_FileIsForThisUserAlone()
    {
        using var folder = new Folder();
        await using (var store = ReceiptStore.Open(folder.Path))
        {
            store.Add(ControlSamples.Receipt("r"));
        }

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.File));
    }

    private static ReceiptView Short(string text)
    {
        var fields = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(field => field.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        var bytes = new BytesBySource(Number("origin"), Number("mirror"), Number("webseed"), Number("peer"), Number("store"));
        var peers = Enumerable.Range(0, (int)Number("peers")).Select(i => new ReceiptSource("peer", $"192.0.2.{i}:1", null, 1, [], false));
        return ControlSamples.Receipt("r", fields["url"]) with
        {
            TotalBytes = bytes.Total,
            BytesBySource = bytes,
            BytesVerified16k = Number("verified"),
            Authority = fields.GetValueOrDefault("authority", "L5"),
            Cleartext = fields.ContainsKey("cleartext"),
            RejectedBytes = Number("rejected"),
            Sources = [.. peers],
            Timings = new ReceiptTimings(ControlSamples.Noon, ControlSamples.Noon, null, Number("ms")),
            Stalls = new ReceiptStalls((int)Number("stalls"), Number("stallms")),
            Outcome = fields.GetValueOrDefault("outcome", ReceiptOutcome.Complete),
        };

        long Number(string name) => fields.TryGetValue(name, out var value) ? long.Parse(value, CultureInfo.InvariantCulture) : 0;
    }

    private sealed class Folder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("swarmstream-test-").FullName;

        public string File => System.IO.Path.Combine(Path, "receipts.jsonl");

        /// <summary>The queue to disk holds 1000: the test waits for the writer now and then.</summary>
        public async Task WrittenAsync(int added)
        {
            while (added % 500 == 0 && (!System.IO.File.Exists(File) || CountLines() < added))
            {
                await Task.Yield();
            }
        }

        public void Dispose() => Directory.Delete(Path, recursive: true);

        private int CountLines()
        {
            using var stream = new FileStream(File, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream);
            var lines = 0;
            while (reader.ReadLine() is not null)
            {
                lines++;
            }

            return lines;
        }
    }
}
