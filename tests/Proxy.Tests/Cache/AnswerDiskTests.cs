using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Http;
using Swarm.Proxy.Cache;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Tests.Harness;
using Swarm.Testing;

namespace Swarm.Proxy.Tests.Cache;

/// <summary>Stored small answers on disk: what survives a stop, a crash, a limit, and what must not.</summary>
public sealed class AnswerDiskTests : IDisposable
{
    private const string Url = "http://a.example/x";

    private static readonly DateTimeOffset Now = new(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("swarm-answers-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Answers_SurviveAStop_WithAllThatDecidesTheirUse()
    {
        await using (var first = Node.Open(_folder))
        {
            var request = Fields("Accept-Language: de");
            first.Put(Url, Answer("bonjour", "Cache-Control: max-age=600;;Vary: Accept-Language, X-A;;ETag: \"a\";;Set-Cookie: a=b;;Set-Cookie: c=d", request, "site.example"), request);
            first.Put(Url, Answer("hallo", "Cache-Control: max-age=60;;Vary: Accept-Language", Fields("Accept-Language: en")), Fields("Accept-Language: en"));
        }

        await using var second = Node.Open(_folder);
        Assert.Null(second.Store.Find(Url));
        Assert.True(second.Store.IsOnDiskOnly(Url));
        await second.Store.RestoreAsync(Url, Stop);

        Assert.Equal(2, second.Store.Find(Url)!.Answers.Length);
        var answer = second.Store.Find(Url)!.Find("site.example", Fields("Accept-Language: de"))!;
        Assert.Equal("bonjour", Text(answer));
        Assert.Equal("Cache-Control: max-age=600\nVary: Accept-Language, X-A\nETag: \"a\"\nSet-Cookie: a=b\nSet-Cookie: c=d", answer.Head.Fields.Where(f => f.Name != "Date").ToString());
        Assert.Equal(("1.1", 200, 7L, true), (answer.Protocol, answer.Head.Status, answer.Head.TotalLength, answer.Head.FreshnessAt(Now.AddSeconds(599)).IsFresh));
        Assert.False(answer.Head.FreshnessAt(Now.AddSeconds(601)).IsFresh);
        Assert.Null(second.Store.Find(Url)!.Find("", Fields("Accept-Language: fr")));
        Assert.Equal("hallo", Text(second.Store.Find(Url)!.Find("", Fields("Accept-Language: en"))!));
    }

    [Fact]
    public async Task Parts_SurviveAStop()
    {
        await using (var first = Node.Open(_folder))
        {
            var head = Answer("", "Cache-Control: max-age=600;;ETag: \"a\"").Head with { TotalLength = 100, Status = 206 };
            first.Put(Url, new(head, [new(0, [1, 2, 3]), new(50, [4, 5])], "1.1"));
        }

        await using var second = Node.Open(_folder);
        await second.Store.RestoreAsync(Url, Stop);
        var answer = second.Store.Find(Url)!.Answers.Single();
        Assert.Equal(["0:010203", "50:0405"], answer.Parts.Select(p => $"{p.Offset}:{Convert.ToHexString(p.Bytes)}"));
    }

    [Fact]
    public async Task UncleanStop_AsksTheOriginBeforeTheNextUse_AndSoDoTheStartsAfterIt()
    {
        await using var first = Node.Open(_folder);
        first.Put(Url, Answer("old", "Cache-Control: max-age=600;;ETag: \"a\""));
        await Eventually.IsTrueAsync(() => first.Disk.Count == 1, "written");
        using var crashed = new CopiedFolder(_folder);

        for (var start = 0; start < 2; start++)
        {
            await using var second = Node.Open(crashed.Path); // the second time after a clean stop
            await second.Store.RestoreAsync(Url, Stop);
            var head = second.Store.Find(Url)!.Answers.Single().Head;
            Assert.Equal((false, true), (head.FreshnessAt(Now).IsFresh, head.FreshnessAt(Now).NoCache));
            Assert.Equal(CacheAction.Validate, CachePlan.For("GET", [], head, true, true, Now).Action);
        }

        await using (var third = Node.Open(crashed.Path))
        {
            await third.Store.RestoreAsync(Url, Stop);
            var stored = third.Store.Find(Url)!.Answers.Single();
            third.Store.Replace(Url, stored, stored.With(Validation.Freshen(stored.Head, Fields("ETag: \"a\";;Cache-Control: max-age=600"), new(Now, Now))));
        }

        await using var fourth = Node.Open(crashed.Path);
        await fourth.Store.RestoreAsync(Url, Stop);
        Assert.True(fourth.Store.Find(Url)!.Answers.Single().Head.FreshnessAt(Now).IsFresh); // the origin's word of this run counts
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Segment_CutOrTurnedAtAnyByte_GivesTheRightBytesOrNone(bool cut)
    {
        await using (var first = Node.Open(_folder))
        {
            first.Put(Url, Answer("the right bytes", "Cache-Control: max-age=600"));
            first.Put("http://a.example/y", Answer("others", "Cache-Control: max-age=600"));
        }

        var path = Directory.GetFiles(_folder, "*.seg").Single();
        var good = await File.ReadAllBytesAsync(path, Stop);
        var (whole, none) = (0, 0);
        for (var i = 0; i < good.Length; i++)
        {
            var bad = cut ? good[..i] : [.. good];
            if (!cut)
            {
                bad[i] ^= 0x41;
            }

            await File.WriteAllBytesAsync(path, bad, Stop);
            var node = Node.Open(_folder);
            foreach (var (url, text) in new[] { (Url, "the right bytes"), ("http://a.example/y", "others") })
            {
                await node.Store.RestoreAsync(url, Stop);
                if (node.Store.Find(url)?.Answers.Single() is { } found)
                {
                    Assert.Equal(text, Text(found));
                    whole++;
                }
                else
                {
                    none++;
                }
            }

            await node.DisposeAsync();
        }

        Assert.True(whole > 0 && none > 0, $"{whole} {none}");
    }

    [Fact]
    public async Task WhatIsInvalidated_DoesNotComeBack()
    {
        await using (var first = Node.Open(_folder))
        {
            first.Put(Url, Answer("old", "Cache-Control: max-age=600"));
            first.Put("http://a.example/kept", Answer("kept", "Cache-Control: max-age=600"));
            await Eventually.IsTrueAsync(() => first.Disk.Count == 2, "written");
            Assert.True(first.Store.Invalidate(Url));
            Assert.False(first.Store.IsOnDiskOnly(Url));
        }

        await using var second = Node.Open(_folder);
        Assert.False(second.Store.IsOnDiskOnly(Url));
        Assert.True(second.Store.IsOnDiskOnly("http://a.example/kept"));
        Assert.True(second.Store.Invalidate("http://a.example/kept")); // also while it is on disk only
        Assert.False(second.Store.IsOnDiskOnly("http://a.example/kept"));
    }

    [Fact]
    public async Task Purge_EmptiesTheFolder()
    {
        await using (var first = Node.Open(_folder))
        {
            first.Put(Url, Answer("old", "Cache-Control: max-age=600"));
            first.Put("http://a.example/2", Answer("old", "Cache-Control: max-age=600"));
        }

        await using var second = Node.Open(_folder);
        await second.Store.RestoreAsync(Url, Stop);
        Assert.Equal(2, second.Store.Clear());
        Assert.Empty(Directory.GetFiles(_folder, "*.seg"));
        Assert.Equal((0, 0L, 0, 0L), (second.Disk.Count, second.Disk.Bytes, second.Store.Count, second.Store.Bytes));
        Assert.False(second.Store.IsOnDiskOnly(Url));
    }

    [Fact]
    public async Task Quota_TheOldestGo_AndTheNewestStay()
    {
        const long quota = 1 << 20;
        await using var node = Node.Open(_folder, quota);
        for (var i = 0; i < 300; i++)
        {
            node.Put($"http://a.example/{i}", Answer(new string((char)('a' + (i % 26)), 10_000), "Cache-Control: max-age=600"));
        }

        await Eventually.IsTrueAsync(() => node.Disk.IsIdle, "written");
        var onDisk = Directory.GetFiles(_folder, "*.seg").Sum(f => new FileInfo(f).Length);
        Assert.InRange(onDisk, quota / 2, quota);
        Assert.Equal(onDisk, node.Disk.Bytes);
        Assert.True(node.Disk.Knows("http://a.example/299"));
        Assert.False(node.Disk.Knows("http://a.example/0"));
        Assert.InRange(node.Disk.Count, 50, 110);
    }

    [Fact]
    public async Task WhatLeftTheMemory_IsReadAgain()
    {
        await using var node = Node.Open(_folder, memoryBytes: 30_000);
        node.Put(Url, Answer(new string('x', 20_000), "Cache-Control: max-age=600"));
        await Eventually.IsTrueAsync(() => node.Disk.Count == 1, "written");
        node.Put("http://a.example/2", Answer(new string('y', 20_000), "Cache-Control: max-age=600"));
        Assert.Null(node.Store.Find(Url));

        await node.Store.RestoreAsync(Url, Stop);

        Assert.Equal(new string('x', 20_000), Text(node.Store.Find(Url)!.Answers.Single()));
        Assert.InRange(node.Store.Bytes, 20_000, 30_000);
    }

    [Fact]
    public async Task AFreshenedHead_DoesNotWriteItsBodyAgain()
    {
        await using var node = Node.Open(_folder);
        node.Put(Url, Answer(new string('x', 100_000), "Cache-Control: max-age=1;;ETag: \"a\""));
        await Eventually.IsTrueAsync(() => node.Disk.Count == 1, "written");
        var before = node.Disk.Bytes;
        var stored = node.Store.Find(Url)!.Answers.Single();
        node.Store.Replace(Url, stored, stored.With(Validation.Freshen(stored.Head, Fields("ETag: \"a\";;X-New: 1"), new(Now, Now))));
        await Eventually.IsTrueAsync(() => node.Disk.IsIdle && node.Disk.Count == 1, "written again");
        Assert.InRange(node.Disk.Bytes - before, 1, 1000);
    }

    [Fact]
    public async Task WhatCredentialsBrought_IsNotWrittenDown()
    {
        await using (var first = Node.Open(_folder))
        {
            first.Put(Url, Answer("secret", "Cache-Control: max-age=600, public", credentials: "k"));
        }

        Assert.DoesNotContain("secret", await File.ReadAllTextAsync(Directory.GetFiles(_folder, "*.seg").Single(), Stop), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Directory.GetFiles(_folder, "*.seg").Single()));
        }
    }

    [Fact]
    public async Task ADiskThatFails_LeavesTheMemory()
    {
        await using var node = Node.Open(_folder);
        node.Put(Url, Answer("one", "Cache-Control: max-age=600"));
        await Eventually.IsTrueAsync(() => node.Disk.Count == 1, "written");
        Assert.Equal(1, node.Store.Clear()); // the next write opens a new segment
        Directory.Delete(_folder, recursive: true);
        await File.WriteAllBytesAsync(_folder, [], Stop); // and there is no folder for it
        node.Put("http://a.example/2", Answer("two", "Cache-Control: max-age=600"));
        await Eventually.IsTrueAsync(() => node.Disk.IsIdle && node.Disk.Count == 0, "given up");
        Assert.Equal("two", Text(node.Store.Find("http://a.example/2")!.Answers.Single()));
        File.Delete(_folder);
        Directory.CreateDirectory(_folder);
    }

    [Fact]
    public async Task Restart_HitsWithoutAskingTheOrigin()
    {
        var time = new FakeTime();
        Assert.True(OriginTarget.TryParse(Url, TargetForm.AbsoluteForm, out var target));
        var request = new OriginRequest("GET", target, []);
        var origin = new ScriptedOrigin((r, _) => ScriptedOrigin.Answer(r, 200, "abcde", "Cache-Control: max-age=60"));
        for (var run = 0; run < 3; run++)
        {
            await using var node = Node.Open(_folder);
            using var answer = (await new CachingOrigin(origin, node.Store, new(), time).SendAsync(request, Stop)).Answer!;
            using var body = new MemoryStream();
            await answer.Body.CopyToAsync(body, Stop);
            Assert.Equal("abcde", Encoding.Latin1.GetString(body.ToArray()));
            Assert.Equal(run > 0, answer.Cache!.Hit);
            Assert.Equal(run > 0 ? 1 : 0, node.Store.Counters.Of(CacheResult.Hit));
            Assert.Equal(run > 0 ? 0 : 1, node.Store.Counters.Of(CacheResult.Miss));
        }

        Assert.Single(origin.Requests);
    }

    private static HttpFields Fields(string lines)
    {
        var fields = new HttpFields();
        foreach (var line in lines.Split(";;", StringSplitOptions.RemoveEmptyEntries))
        {
            fields.Add(line[..line.IndexOf(':', StringComparison.Ordinal)], line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..]);
        }

        return fields;
    }

    private static StoredAnswer Answer(string body, string fields, HttpFields? request = null, string partition = "", string credentials = "")
    {
        var head = StoredHead.Of(200, "", request ?? [], Fields(fields), partition, credentials, new(Now, Now));
        return new(head with { TotalLength = body.Length }, body.Length == 0 ? [] : [new(0, Encoding.Latin1.GetBytes(body))], "1.1");
    }

    private static string Text(StoredAnswer answer) => Encoding.Latin1.GetString(answer.Parts.Single().Bytes);

    /// <summary>A store over a folder, as a node has it.</summary>
    private sealed class Node : IAsyncDisposable
    {
        private Node(AnswerDisk disk, long memoryBytes)
        {
            (Disk, Store) = (disk, new(memoryBytes, disk));
            disk.Start(Store.AnswersOf);
        }

        public AnswerDisk Disk { get; }

        public AnswerStore Store { get; }

        public static Node Open(string folder, long quotaBytes = 16 << 20, long memoryBytes = 1 << 20) => new(AnswerDisk.Open(folder, quotaBytes, NullLogger.Instance), memoryBytes);

        public void Put(string url, StoredAnswer answer, HttpFields? request = null) => Store.Put(url, answer, request ?? [], Store.Mark);

        public ValueTask DisposeAsync() => Disk.DisposeAsync();
    }

    /// <summary>The folder as a crash at this moment would leave it.</summary>
    private sealed class CopiedFolder : IDisposable
    {
        public CopiedFolder(string of)
        {
            foreach (var file in Directory.GetFiles(of))
            {
                File.Copy(file, System.IO.Path.Combine(Path, System.IO.Path.GetFileName(file)));
            }
        }

        public string Path { get; } = Directory.CreateTempSubdirectory("swarm-answers-crashed-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
