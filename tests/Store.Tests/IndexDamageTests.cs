using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Swarm.Store.Tests;

public sealed class IndexDamageTests
{
    private const int Blocks = 200;

    private static async Task Fill(TempFolder folder, bool crash = false)
    {
        var store = Harness.Open(folder);
        foreach (var key in (string[])["a", "b"])
        {
            var content = store.OpenContent(key, Blocks);
            content.SetMetadata($"metadata of {key}");
            // Every other block: a hole served as data would show.
            await content.PutAll(Enumerable.Range(0, Blocks / 2).Select(n => 2 * n));
        }

        Assert.True(await store.Flush());
        if (crash)
        {
            store.Abandon();
        }
        else
        {
            store.Dispose();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task NoDatabaseAtAll_IsMovedAsideAndBegunAfresh(bool twice)
    {
        using var folder = new TempFolder();
        await Fill(folder);
        for (var n = 1; n <= (twice ? 2 : 1); n++)
        {
            File.WriteAllBytes(folder.Index, [.. Enumerable.Repeat((byte)0x55, 50_000)]);
            var told = new ConcurrentQueue<StoreHealth>();
            using var store = Harness.Open(folder, told);
            Assert.Single(told, h => h.Condition == StoreCondition.IndexReplaced);
            Assert.True(File.Exists($"{folder.Index}.corrupt-{n}"));
            Assert.Empty(store.Contents());
            using var content = store.OpenContent("a", Blocks);
            Assert.Empty(content.AllReadable());
            await content.PutAll(5);
            Assert.True(content.ReadsRight(5));
            Assert.Equal(StoreCondition.Ok, store.Health.Condition);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RandomDamage_NeverCrashesAndNeverServesAWrongByte(bool crash)
    {
        var replaced = 0;
        var survived = 0;
        for (var seed = 0; seed < 25; seed++)
        {
            using var folder = new TempFolder();
            await Fill(folder, crash);
            var random = new Random(seed);
            var bytes = File.ReadAllBytes(folder.Index);
            for (var flips = 1 << random.Next(10); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            File.WriteAllBytes(folder.Index, bytes);
            var told = new ConcurrentQueue<StoreHealth>();
            if (!PieceStore.TryOpen(Harness.Options(folder, told), out var store, out var error))
            {
                // A flip can make the version number a newer one.
                Assert.Equal(StoreErrorKind.NewerSchema, error.Kind);
                continue;
            }

            using (store)
            {
                replaced += told.Count(h => h.Condition == StoreCondition.IndexReplaced);
                foreach (var summary in store.Contents())
                {
                    Assert.Contains(summary.Key, (string[])["a", "b"]);
                    Assert.Equal($"metadata of {summary.Key}", summary.Metadata);
                    using var content = store.Find(summary.Key);
                    survived += content?.AllReadable().Count ?? 0;
                }

                using var fresh = store.Open("c", 5L * TestBlocks.Size);
                if (fresh is not null)
                {
                    await fresh.Put(3);
                    fresh.ReadsRight(3);
                }
            }

            // Whatever it was, the run after next works again.
            using (var next = Harness.Open(folder))
            {
                Assert.Equal(StoreCondition.Ok, next.Health.Condition);
            }
        }

        Assert.True(replaced > 0, "no seed damaged the index enough to be replaced");
        Assert.True(survived > 0, "no seed left a block to be read");
    }

    [Theory]
    [InlineData("UPDATE unit SET present = -1, trusted = -1, leaves = zeroblob(2048)")]
    [InlineData("UPDATE unit SET content = content + 2")]
    [InlineData("UPDATE unit SET unit = unit + 1 WHERE unit = (SELECT MAX(unit) FROM unit)")]
    [InlineData("UPDATE content SET key = 'c' WHERE key = 'a'")]
    [InlineData("UPDATE content SET metadata = 'another version'")]
    [InlineData("UPDATE content SET length = length + 1")]
    [InlineData("UPDATE content SET stamp = stamp + 1")]
    public async Task AValueChangedUnderAnIntactTree_IsNotBelieved(string sql)
    {
        using var folder = new TempFolder();
        await Fill(folder);
        using (var connection = new SqliteConnection($"Data Source={folder.Index};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            Assert.NotEqual(0, command.ExecuteNonQuery());
        }

        using var store = Harness.Open(folder);
        Assert.False(store.WasUnclean);
        foreach (var summary in store.Contents())
        {
            Assert.Equal(($"metadata of {summary.Key}", (long)Blocks * TestBlocks.Size), (summary.Metadata, summary.Length));
            using var content = store.Find(summary.Key)!;
            Assert.DoesNotContain(content.AllReadable(), block => block % 2 == 1);
        }

        foreach (var key in (string[])["a", "b", "c"])
        {
            using var content = store.OpenContent(key, Blocks);
            Assert.DoesNotContain(content.AllReadable(), block => block % 2 == 1);
            await content.PutAll(1);
            Assert.True(content.ReadsRight(1));
        }
    }

    [Fact]
    public async Task DamageFoundWhileRunning_PassesThrough_AndTheNextStartBeginsAfresh()
    {
        using var folder = new TempFolder();
        await Fill(folder);
        var bytes = File.ReadAllBytes(folder.Index);
        // Everything but the first pages, which the opening reads: schema, state, contents.
        const int PageBytes = 8192;
        for (var page = 1; page < bytes.Length / PageBytes; page++)
        {
            if (bytes.AsSpan(page * PageBytes, PageBytes).IndexOf("metadata of"u8) < 0 && bytes.AsSpan(page * PageBytes, PageBytes).IndexOf("boot-1"u8) < 0)
            {
                bytes.AsSpan(page * PageBytes, 64).Fill(0xFF);
            }
        }

        File.WriteAllBytes(folder.Index, bytes);
        var told = new ConcurrentQueue<StoreHealth>();
        using (var store = Harness.Open(folder, told))
        {
            if (told.All(h => h.Condition != StoreCondition.IndexReplaced))
            {
                Assert.Null(store.Find("a"));
                Assert.Equal(StoreCondition.IndexCorrupt, store.Health.Condition);
                Assert.Null(store.Find("b"));
                Assert.Single(told);
            }
        }

        using var next = Harness.Open(folder);
        Assert.Equal(StoreCondition.Ok, next.Health.Condition);
        Assert.True(File.Exists($"{folder.Index}.corrupt-1"));
        using var content = next.OpenContent("a", Blocks);
        await content.PutAll(1);
        Assert.True(content.ReadsRight(1));
    }
}
