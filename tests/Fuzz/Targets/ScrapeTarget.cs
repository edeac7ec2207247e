using System.Text;
using Swarm.Protocol;

namespace Swarm.Fuzz.Targets;

/// <summary>Answers to scrapes: counts that are counts, words that are safe to print.</summary>
public sealed class ScrapeTarget : IFuzzTarget
{
    private static readonly ReadOnlyMemory<byte>[] Hashes = ["aaaaaaaaaaaaaaaaaaaa"u8.ToArray(), "bbbbbbbbbbbbbbbbbbbb"u8.ToArray()];

    public string Name => "scrape";

    public IReadOnlyList<byte[]> Corpus { get; } =
    [
        .. new[]
        {
            "d5:filesd20:aaaaaaaaaaaaaaaaaaaad8:completei5e10:downloadedi50e10:incompletei10ee20:bbbbbbbbbbbbbbbbbbbbd8:completei0eeee",
            "d14:failure reason7:go awaye", "d5:filesdee",
        }.Select(Encoding.ASCII.GetBytes),
    ];

    public IReadOnlyList<byte[]> Tokens { get; } =
        [.. new[] { "20:aaaaaaaaaaaaaaaaaaaa", "8:completei-1e", "10:downloadedi9e", "5:files", "14:failure reason1:\u001b", "d", "e" }.Select(Encoding.ASCII.GetBytes)];

    public void Run(ReadOnlyMemory<byte> input)
    {
        if (Bep48Scrape.TryParse(input, Hashes, out var counts, out var error))
        {
            FuzzFailure.Unless(counts.Length == Hashes.Length, "one entry for each torrent");
            FuzzFailure.Unless(counts.All(c => c is null || (c.Value.Seeds is null or >= 0 && c.Value.Leeches is null or >= 0 && c.Value.Completed is null or >= 0)), "a count is none or not negative");
        }
        else
        {
            FuzzFailure.Unless(error.Length is > 0 and < 1200 && !error.Any(char.IsControl), "an error is a line");
        }
    }
}
