namespace Swarm.Fuzz;

/// <summary>Runs a target on inputs numbered from 0. Input <c>n</c> of a seed is always the same, so a failure is a seed and a number.</summary>
public static class Fuzzer
{
    /// <summary>What one run may allocate: room for the index of a 64 KiB input many times over, far from a bomb.</summary>
    private const long MaxAllocatedBytes = 32L << 20;

    /// <returns>Null, or what failed and the one command that shows it again.</returns>
    public static string? Try(IFuzzTarget target, ulong seed, long iteration)
    {
        var random = new SplitMix(seed ^ ((ulong)iteration * 0xD1342543DE82EF95));
        var input = Mutator.Make(target, ref random);
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            target.Run(input);
        }
        catch (Exception e)
        {
            return Report(target, seed, iteration, input, e.ToString());
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return allocated > MaxAllocatedBytes ? Report(target, seed, iteration, input, $"allocated {allocated} bytes") : null;
    }

    /// <returns>Null, or the first failure of the iterations <c>0 … count - 1</c>.</returns>
    public static string? Run(IFuzzTarget target, ulong seed, long count)
    {
        for (long i = 0; i < count; i++)
        {
            if (Try(target, seed, i) is { } failure)
            {
                return failure;
            }
        }

        return null;
    }

    private static string Report(IFuzzTarget target, ulong seed, long iteration, byte[] input, string what) =>
        $"""
        {target.Name} failed on {input.Length} bytes: {what}
        input: {Convert.ToHexStringLower(input.AsSpan(0, Math.Min(input.Length, 512)))}{(input.Length > 512 ? "…" : "")}
        again: dotnet run --project tests/Fuzz -- {target.Name} --seed {seed} --iteration {iteration}
        """;
}
