using System.Text;

namespace Swarm.Protocol.Tests;

/// <summary>BEP 14 datagrams: what is read, what is written, how long they are.</summary>
public sealed class LocalDiscoveryDatagramTests
{
    public static TheoryData<string> Names => [.. Golden.Cases("lsd", "datagrams.txt").Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Datagram_IsReadAsItStands(string name)
    {
        var (_, text, expected) = Golden.Cases("lsd", "datagrams.txt").Single(c => c.Name == name);

        var said = Bep14LocalDiscovery.Read(Encoding.ASCII.GetBytes(text.ReplaceLineEndings("\r\n") + "\r\n\r\n\r\n"));

        Assert.Equal(expected, said is null ? "refused" : $"port {said.Port} hashes {string.Join(' ', said.InfoHashes)} cookie {said.Cookie ?? "-"}");
    }

    [Theory]
    [InlineData(false, "239.192.152.143:6771")]
    [InlineData(true, "[ff15::efc0:988f]:6771")]
    public void Datagram_IsWrittenAsTheBepShows(bool ipv6, string host)
    {
        var text = Encoding.ASCII.GetString(new Bep14LocalDiscovery(6881, [new(1, 2, 3)], "me").Write(ipv6));

        Assert.Equal($"BT-SEARCH * HTTP/1.1\r\nHost: {host}\r\nPort: 6881\r\nInfohash: 0000000000000001000000000000000200000003\r\ncookie: me\r\n\r\n\r\n", text);
    }

    [Fact]
    public void AsManyTorrentsAsFit_FitAPacket()
    {
        var most = new Bep14LocalDiscovery(65535, [.. Enumerable.Range(0, Bep14LocalDiscovery.MaxInfoHashes).Select(i => new WireHash((ulong)i, 0, 0))], new string('c', 16));

        var bytes = most.Write(ipv6: true);

        Assert.InRange(bytes.Length, 1, Bep14LocalDiscovery.MaxBytes);
        Assert.Equal(most.InfoHashes, Bep14LocalDiscovery.Read(bytes)!.InfoHashes);
    }

    [Fact]
    public void LongerThanAPacket_IsRefused()
    {
        var bytes = new Bep14LocalDiscovery(1, [new(1, 2, 3)], null).Write(ipv6: false);
        Assert.NotNull(Bep14LocalDiscovery.Read([.. bytes, .. new byte[Bep14LocalDiscovery.MaxBytes - bytes.Length]]));
        Assert.Null(Bep14LocalDiscovery.Read([.. bytes, .. new byte[Bep14LocalDiscovery.MaxBytes - bytes.Length + 1]]));
    }
}
