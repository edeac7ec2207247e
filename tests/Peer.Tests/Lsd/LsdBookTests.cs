using System.Net;
using Swarm.Core;
using Swarm.Discovery;
using Swarm.Protocol;

namespace Swarm.Peer.Tests;

/// <summary>What is called out in the local network and when, and who is heard.</summary>
public sealed class LsdBookTests
{
    private const int Port = 6881;

    private readonly LsdBook _book = new("me");
    private readonly List<string> _found = [];

    [Fact]
    public void Torrent_IsCalledAtOnce_ThenEveryFiveMinutes()
    {
        Start(1);

        var calls = Enumerable.Range(0, 1_000).Where(second => _book.Due(Port, At(second)) is not null);

        Assert.Equal([0, 300, 600, 900], calls);
    }

    [Fact]
    public void TorrentsThatStartOneAfterAnother_AreCalledAtOnce_ThenOnceAMinute()
    {
        var calls = new List<int>();
        for (var second = 0; second < 200; second++)
        {
            if (second < 100)
            {
                Start((ulong)second + 1);
            }

            if (_book.Due(Port, At(second)) is { } call)
            {
                Assert.True(call.InfoHashes.Length <= Bep14LocalDiscovery.MaxInfoHashes);
                calls.Add(second);
            }
        }

        Assert.Equal([0, 1, 2, 3], calls.Take(4));
        Assert.All(calls.Skip(4).Zip(calls.Skip(5)), pair => Assert.InRange(pair.Second - pair.First, 60, 61));
    }

    [Fact]
    public void ManyTorrents_EachHasItsTurn()
    {
        const int torrents = 200;
        for (var i = 1; i <= torrents; i++)
        {
            Start((ulong)i);
        }

        var called = new HashSet<WireHash>();
        for (var second = 0; second < 1_200; second++)
        {
            called.UnionWith(_book.Due(Port, At(second))?.InfoHashes ?? []);
        }

        Assert.Equal(torrents, called.Count);
    }

    [Fact]
    public void WithoutAPort_OrWhileItMayNot_NothingIsCalled()
    {
        var may = false;
        _book.Add(new([Hash(1)], () => may, _ => { }), At(0));
        Assert.Null(_book.Due(Port, At(0)));
        may = true;
        Assert.Null(_book.Due(0, At(1)));
        Assert.NotNull(_book.Due(Port, At(2)));
    }

    [Fact]
    public void Caller_IsToldToItsTorrentsSearch_OwnWordsToNobody()
    {
        Start(1);
        Hear("10.0.0.2", 1, "other");
        Hear("10.0.0.3", 1, null);
        Hear("10.0.0.4", 2, "other");
        Hear("10.0.0.5", 1, "me");

        Assert.Equal(["10.0.0.2:7", "10.0.0.3:7"], _found);
    }

    [Fact]
    public void Flood_IsNotListenedTo()
    {
        Start(1);
        for (var i = 0; i < 10_000; i++)
        {
            Hear($"10.0.{i / 250}.{(i % 250) + 1}", 1, "other");
        }

        Assert.Equal(100, _found.Count);
        Assert.InRange(_book.Add(new([Hash(1)], () => true, _ => { }), At(1)).Length, 1, 50);
    }

    [Fact]
    public void SearchAfterASearch_KnowsWhoWasHeard_ForTenMinutes()
    {
        var first = Start(1);
        Hear("10.0.0.2", 1, "other");
        _book.Remove(first);

        Assert.Equal([IPEndPoint.Parse("10.0.0.2:7")], _book.Add(new([Hash(1)], () => true, _ => { }), At(60)));
        Assert.Empty(_book.Add(new([Hash(1)], () => true, _ => { }), At(700)));
        Assert.Empty(_book.Add(new([Hash(2)], () => true, _ => { }), At(60)));
    }

    private static Instant At(int seconds) => new((seconds * 1_000_000L) + 1);

    private static WireHash Hash(ulong number) => new(number, 0, 0);

    private LsdSearch Start(ulong number)
    {
        var search = new LsdSearch([Hash(number)], () => true, peer => _found.Add(peer.ToString()));
        _book.Add(search, At(0));
        return search;
    }

    private void Hear(string from, ulong hash, string? cookie)
    {
        foreach (var search in _book.Hear(IPAddress.Parse(from), new(7, [Hash(hash)], cookie), At(0)))
        {
            search.Found(new(IPAddress.Parse(from), 7));
        }
    }
}
