using System.Globalization;
using System.Text;

namespace Swarm.Protocol.Tests;

/// <summary>BEP 48 over HTTP: which URL is asked, and what is read of the answer.</summary>
public sealed class ScrapeTests
{
    // The reader takes hashes of any length, so that the golden answers stay readable.
    private static readonly ReadOnlyMemory<byte>[] Hashes = ["AA"u8.ToArray(), "BB"u8.ToArray()];

    public static TheoryData<string> Urls() => [.. Golden.Cases("trackers", "scrape-urls.txt").Select(c => c.Name)];

    public static TheoryData<string> Answers() => [.. Golden.Cases("trackers", "scrape-answers.txt").Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Urls))]
    public void Url_FollowsFromTheAnnounceUrl(string name)
    {
        var (_, input, expected) = Golden.Cases("trackers", "scrape-urls.txt").Single(c => c.Name == name);
        Assert.Equal(expected, Bep48Scrape.ToUrl(input, [new byte[] { 0x11, 0x11 }]) ?? "none");
    }

    [Fact]
    public void Url_NamesEveryTorrent() =>
        Assert.Equal("http://t/scrape?info_hash=AA&info_hash=BB", Bep48Scrape.ToUrl("http://t/announce", Hashes));

    [Theory]
    [MemberData(nameof(Answers))]
    public void Answer_GivesCountsInTheOrderAsked(string name)
    {
        var (_, input, expected) = Golden.Cases("trackers", "scrape-answers.txt").Single(c => c.Name == name);
        var said = Bep48Scrape.TryParse(Encoding.ASCII.GetBytes(input), Hashes, out var counts, out var error)
            ? string.Join(' ', counts.Select(c => c is { } n ? $"{Number(n.Seeds)}/{Number(n.Completed)}/{Number(n.Leeches)}" : "-"))
            : error;
        Assert.Equal(expected, said);
    }

    [Fact]
    public void Answer_ThatIsNoBencoding_IsAnError()
    {
        Assert.False(Bep48Scrape.TryParse("<html>"u8.ToArray(), Hashes, out _, out var error));
        Assert.Contains("no bencoding", error, StringComparison.Ordinal);
    }

    private static string Number(int? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "?";
}
