using System.Diagnostics;
using System.Globalization;

namespace Swarm.Store.Tests;

/// <summary>Another process is killed while it writes; afterwards everything the store gives is right and nothing it called durable is gone.</summary>
public sealed class KillTests
{
    private const int Kills = 20;

    [Fact]
    public async Task KilledAtRandomPoints_TheNextStartIsUnclean_AndEveryBlockIsRightOrAbsent()
    {
        using var folder = new TempFolder();
        var durable = new HashSet<int>();
        for (var seed = 0; seed < Kills; seed++)
        {
            var random = new Random(seed);
            using var child = ChildProcess.Start("write", folder.Path, seed);
            // From "only just opened" to "many flushes".
            await ReadUntilKilled(child, linesBeforeKill: random.Next(12), spins: random.Next(200_000), durable);

            var store = Harness.Open(new StoreOptions { DataDirectory = folder.Path, VerifyInBackground = false, CloseTimeout = Harness.Patience });
            Assert.True(store.WasUnclean, $"seed {seed}");
            using var content = store.OpenContent(ChildProcess.Key, ChildProcess.Blocks);
            Assert.Empty(content.PresentRuns());
            var readable = content.AllReadable();
            Assert.True(durable.IsSubsetOf(readable), $"seed {seed}: lost {string.Join(' ', durable.Except(readable))}");
            if (seed % 3 == 0)
            {
                // The next child begins after a crash of this process as well.
                store.Abandon();
            }
            else
            {
                content.Dispose();
                store.Dispose();
            }
        }

        Assert.NotEmpty(durable);
    }

    [Fact]
    public async Task SecondProcess_IsToldWhoHoldsTheFolder_AndGetsItOnceTheFirstIsKilled()
    {
        using var folder = new TempFolder();
        using var child = ChildProcess.Start("hold", folder.Path);
        Assert.Equal("held", await child.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        Assert.False(PieceStore.TryOpen(Harness.Options(folder), out _, out var error));
        Assert.Equal(StoreErrorKind.InUse, error.Kind);
        Assert.Equal(child.Id, error.HolderPid);
        Assert.Contains($"process {child.Id}", error.Message, StringComparison.Ordinal);
        Assert.Contains("--data", error.Message, StringComparison.Ordinal);
        child.Kill();
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);
        using var store = Harness.Open(folder);
        Assert.True(store.WasUnclean);
    }

    [Fact]
    public void SecondStoreOfThisProcess_IsRefusedToo()
    {
        using var folder = new TempFolder();
        using (Harness.Open(folder))
        {
            Assert.False(PieceStore.TryOpen(Harness.Options(folder), out _, out var error));
            Assert.Equal(Environment.ProcessId, error.HolderPid);
        }

        Harness.Open(folder).Dispose();
    }

    private static async Task ReadUntilKilled(Process child, int linesBeforeKill, int spins, HashSet<int> durable)
    {
        var killed = false;
        while (await child.StandardOutput.ReadLineAsync().WaitAsync(Harness.Patience) is { } line)
        {
            if (line.StartsWith("durable ", StringComparison.Ordinal))
            {
                durable.UnionWith(line.Split(' ').Skip(1).Select(n => int.Parse(n, CultureInfo.InvariantCulture)));
            }

            if (!killed && (linesBeforeKill-- == 0 || line == "full"))
            {
                Thread.SpinWait(spins);
                child.Kill();
                killed = true;
            }
        }

        await child.WaitForExitAsync().WaitAsync(Harness.Patience);
        Assert.True(killed, "the child ended by itself");
    }
}
