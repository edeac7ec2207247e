using Swarm.Http;

namespace Swarm.Fuzz.Targets;

/// <summary>Range (RFC 9110 §14.1): what is selected lies inside, and what is read is written to the same set.</summary>
public sealed class RangeTarget : IFuzzTarget
{
    public string Name => "range";

    public IReadOnlyList<byte[]> Corpus { get; } =
        HttpText.Bytes("bytes=0-4", "bytes=5-", "bytes=-5", "bytes=0-1, 4-5 ,,9-", "BYTES=0-18446744073709551615", "bytes=99999999999999999999-99999999999999999999");

    public IReadOnlyList<byte[]> Tokens { get; } = HttpText.Bytes("bytes=", "-", ",", " ", "\t", "0", "9223372036854775807", "9223372036854775808", "0-", "-0");

    public void Run(ReadOnlyMemory<byte> input)
    {
        var set = RangeSet.Parse(HttpText.Of(input));
        FuzzFailure.Unless(set.Specs.Length <= RangeSet.MaxRanges, "no more ranges than allowed");
        foreach (var spec in set.Specs)
        {
            foreach (var length in (ReadOnlySpan<long>)[0, 1, 5, long.MaxValue])
            {
                FuzzFailure.Unless(spec.Resolve(length) is not { } r || (r.Length > 0 && r.Offset >= 0 && r.End > 0 && r.End <= length), "a range lies inside");
            }
        }

        if (set.Specs.Length > 0)
        {
            FuzzFailure.Unless(RangeSet.Parse(set.ToString()).Specs.SequenceEqual(set.Specs), "write → read gives the set");
        }
    }
}
