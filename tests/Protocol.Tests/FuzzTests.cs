using Swarm.Fuzz;

namespace Swarm.Protocol.Tests;

/// <summary>A bounded run of every fuzz target, the same inputs every time; <c>tests/Fuzz</c> runs them for longer.</summary>
public sealed class FuzzTests
{
    public static TheoryData<string> Targets() => [.. FuzzTargets.All.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Target_TwentyThousandInputs_NoneFails(string name) => Assert.Null(Fuzzer.Run(FuzzTargets.Find(name)!, seed: 20, count: 20_000));

    [Fact]
    public void Fuzzer_TargetWithABug_FindsItAndNamesTheInput()
    {
        var failure = Fuzzer.Run(new BuggyTarget(), seed: 1, count: 20_000);
        Assert.NotNull(failure);
        var iteration = long.Parse(failure[(failure.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(failure, Fuzzer.Try(new BuggyTarget(), 1, iteration));
    }

    [Fact]
    public void Fuzzer_TargetThatAllocatesTooMuch_Fails() =>
        Assert.Contains("allocated", Fuzzer.Run(new GreedyTarget(), seed: 1, count: 1), StringComparison.Ordinal);

    private sealed class BuggyTarget : IFuzzTarget
    {
        public string Name => "buggy";
        public IReadOnlyList<byte[]> Corpus { get; } = ["i42e"u8.ToArray()];
        public IReadOnlyList<byte[]> Tokens { get; } = [];

        public void Run(ReadOnlyMemory<byte> input) =>
            FuzzFailure.Unless(!BencodeDocument.TryParse(input, out var d, out _) || !d.Root.TryGetInteger(out var n) || n < int.MaxValue, "small");
    }

    private sealed class GreedyTarget : IFuzzTarget
    {
        public string Name => "greedy";
        public IReadOnlyList<byte[]> Corpus { get; } = ["i42e"u8.ToArray()];
        public IReadOnlyList<byte[]> Tokens { get; } = [];

        public void Run(ReadOnlyMemory<byte> input) => GC.KeepAlive(new byte[64 << 20]);
    }
}
