using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Swarm.Store.Tests;

/// <summary>
/// This test assembly run as another process that uses a store until it is killed. Which part it plays stands in the
/// environment; it never reaches the test runner.
/// </summary>
internal static class ChildProcess
{
    public const string Key = "crash";
    public const int Blocks = 2000;

    private const string RoleVariable = "SWARM_STORE_TEST_ROLE";
    private const string FolderVariable = "SWARM_STORE_TEST_FOLDER";
    private const string SeedVariable = "SWARM_STORE_TEST_SEED";

    public static Process Start(string role, string folder, int seed = 0)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            ArgumentList = { "exec", typeof(ChildProcess).Assembly.Location },
            Environment = { [RoleVariable] = role, [FolderVariable] = folder, [SeedVariable] = $"{seed}" },
        };
        if (Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host)
        {
            start.FileName = host;
        }

        return Process.Start(start)!;
    }

    [ModuleInitializer]
    internal static void PlayRole()
    {
        if (Environment.GetEnvironmentVariable(RoleVariable) is not { Length: > 0 } role)
        {
            return;
        }

        var folder = Environment.GetEnvironmentVariable(FolderVariable)!;
        switch (role)
        {
            case "hold":
                Hold(folder);
                break;
            case "write":
                WriteUntilKilled(folder, int.Parse(Environment.GetEnvironmentVariable(SeedVariable)!, null));
                break;
        }

        Environment.Exit(0);
    }

    private static PieceStore Open(string folder)
    {
        if (!PieceStore.TryOpen(new StoreOptions { DataDirectory = folder, SyncAfter = TimeSpan.FromMilliseconds(20) }, out var store, out var error))
        {
            Console.WriteLine(error.Message);
            Environment.Exit(1);
        }

        return store;
    }

    private static void Hold(string folder)
    {
        using var store = Open(folder);
        Say("held");
        WaitForParent();
    }

    private static void WriteUntilKilled(string folder, int seed)
    {
        var store = Open(folder);
        var content = store.Open(Key, (long)Blocks * TestBlocks.Size)!;
        var random = new Random(seed);
        var batch = new List<int>();
        new Thread(() =>
        {
            WaitForParent();
            Environment.Exit(2);
        })
        {
            IsBackground = true,
        }.Start();
        Say("ready");
        while (true)
        {
            var block = random.Next(Blocks);
            if (content.TryEnqueue(block, TestBlocks.Bytes(Key, block), TestBlocks.Leaf(Key, block), _ => { }))
            {
                batch.Add(block);
            }
            else if (content.PresentRuns() is [{ Count: Blocks }])
            {
                Say("full");
                WaitForParent();
            }

            if (batch.Count > 0 && random.Next(12) == 0 && store.FlushAsync().GetAwaiter().GetResult())
            {
                Say("durable " + string.Join(' ', batch));
                batch.Clear();
            }
        }
    }

    /// <summary>The pipe ends with the parent, so that no child outlives a test run.</summary>
    private static void WaitForParent() => Console.In.ReadToEnd();

    private static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }
}
