using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Swarm.Lab.Harness;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Scenarios;

/// <summary>What it costs to publish a big file: the processor time of <c>seed --root</c> from READY until its torrent is out, over SHA-1 and SHA-256 of the same bytes.</summary>
/// <param name="gibibytes">The file is sparse: it takes no room, and costs the same to hash.</param>
public sealed class HashCostScenario(int gibibytes = 10) : IScenario
{
    private const int BlockBytes = 16 << 10; // BEP 52
    private const int ReadBytes = 1 << 20;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    public string Name => "hash-cost";

    public string Holds => "seed hashes 10 GiB with one core at most and ≤ 1.2 × the processor time of SHA-1 and SHA-256 of the same bytes (hash-cost:2 for 2 GiB)";

    public IReadOnlyList<Tool> Needs => [];

    public bool IsInCi => false;

    public string? Lacks => LabNetwork.Missing;

    public IScenario? Part(string part) => int.TryParse(part, out var size) && size is > 0 and <= 1_000 ? new HashCostScenario(size) : null;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var network = await LabNetwork.StartAsync(bench, [LineRate.Unlimited], stop);
        var root = bench.NewFolder("www");
        var seeding = await SeedingNode.StartAsync(bench, network.Hosts[0], root, new("http://192.0.2.1/"), new("http://192.0.2.1/announce"), stop);
        var path = Path.Combine(bench.Folder, "big.bin");
        await using (var file = new FileStream(path, FileMode.CreateNew))
        {
            file.SetLength((long)gibibytes << 30);
        }

        var alone = HashAlone(path);
        var before = ProcessorTime.Of(seeding.Pid);
        var clock = Stopwatch.StartNew();
        File.Move(path, Path.Combine(root, "big.bin"));
        await seeding.EventAsync("published", "big.bin", 1, stop, Limit);
        var (spent, took) = (ProcessorTime.Of(seeding.Pid) - before, clock.Elapsed);
        var again = HashAlone(Path.Combine(root, "big.bin"));

        // Before and after, as other work of the machine changes what a second of its processor is worth; the cheaper one is the bound's.
        var cost = alone < again ? alone : again;
        report.Note("SHA-1 and SHA-256 alone", FormattableString.Invariant($"{gibibytes} GiB: {alone.TotalSeconds:F1} and {again.TotalSeconds:F1} s of processor"));
        report.Note("seed", FormattableString.Invariant($"{spent.TotalSeconds:F1} s of processor in {took.TotalSeconds:F1} s"));
        report.AtMost("processor time over that of hashing alone", spent / cost, 1.2, "");
        report.AtMost("cores", spent / took, 1, "");
        await seeding.TerminateAsync();
    }

    /// <summary>Reads it and hashes it, both ways, by the system's own functions; the processor time of that.</summary>
    private static TimeSpan HashAlone(string path)
    {
        var before = ProcessorTime.Of(Environment.ProcessId);
        using SafeFileHandle file = File.OpenHandle(path, options: FileOptions.SequentialScan);
#pragma warning disable CA5350 // BEP 3 has no other hash for pieces.
        using var pieces = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
#pragma warning restore CA5350
        var buffer = new byte[ReadBytes];
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        long at = 0;
        for (int n; (n = RandomAccess.Read(file, buffer, at)) > 0; at += n)
        {
            pieces.AppendData(buffer, 0, n);
            for (var block = 0; block < n; block += BlockBytes)
            {
                SHA256.HashData(buffer.AsSpan(block, Math.Min(BlockBytes, n - block)), digest);
            }
        }

        return ProcessorTime.Of(Environment.ProcessId) - before;
    }
}
