using System.Net;
using System.Text;

namespace Swarm.Protocol.Tests;

public sealed class TrackerTests
{
    [Fact]
    public void Announce_EveryField_IsEncodedRaw()
    {
        var announce = new TrackerAnnounce(Convert.FromHexString("123456789abcdef123456789abcdef1234567890"), "-SW0100-abcdefghijkl"u8.ToArray(), 6881)
        {
            UploadedBytes = 1,
            DownloadedBytes = 2,
            LeftBytes = 3,
            Event = TrackerEvent.Started,
            NumWant = 50,
            Key = 0xbeef,
            TrackerId = "t/1"u8.ToArray(),
        };
        Assert.Equal(
            "info_hash=%124Vx%9A%BC%DE%F1%23Eg%89%AB%CD%EF%124Vx%90&peer_id=-SW0100-abcdefghijkl&port=6881&uploaded=1&downloaded=2&left=3"
            + "&compact=1&no_peer_id=1&numwant=50&key=0000beef&event=started&trackerid=t%2F1",
            announce.ToQuery());
    }

    [Theory]
    [InlineData("http://t/announce", "http://t/announce?info_hash=")]
    [InlineData("http://t/announce?passkey=1", "http://t/announce?passkey=1&info_hash=")]
    [InlineData("http://t/announce?", "http://t/announce?info_hash=")]
    [InlineData("http://t/announce#x", "http://t/announce?info_hash=")]
    public void Announce_Url_KeepsTheTrackersOwnQuery(string url, string expected) =>
        Assert.StartsWith(expected, new TrackerAnnounce(new byte[20], new byte[20], 1).ToUrl(url), StringComparison.Ordinal);

    [Fact]
    public void Announce_Regular_HasNoEvent()
    {
        var query = new TrackerAnnounce(new byte[20], new byte[20], 1).ToQuery();
        Assert.DoesNotContain("event", query, StringComparison.Ordinal);
        Assert.DoesNotContain("numwant", query, StringComparison.Ordinal);
    }

    [Fact]
    public void Response_Compact_GivesIPv4AndIPv6PeersOnce()
    {
        var response = Parse("d8:completei3e10:incompletei1e8:intervali1800e12:min intervali60e"
            + "5:peers24:\u0001\u0002\u0003\u0004\u001a\u00e1\u0001\u0002\u0003\u0004\u001a\u00e1\u0005\u0006\u0007\u0008\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0001"
            + "6:peers618:\u0020\u0001\u000d\u00b8\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0001\u001a\u00e210:tracker id2:id15:warning message2:\u001bxe");
        Assert.True(response.Succeeded);
        Assert.Equal(["1.2.3.4:6881", "[2001:db8::1]:6882"], response.Peers.Select(p => p.ToString()));
        Assert.Equal((1800, 60, 3, 1, "x"), (response.IntervalSeconds, response.MinIntervalSeconds, response.Complete, response.Incomplete, response.Warning));
        Assert.Equal("id"u8.ToArray(), response.TrackerId.ToArray());
    }

    [Fact]
    public void Response_ListOfDictionaries_GivesAddressesAndNames()
    {
        var response = Parse("d8:intervali60e5:peersld2:ip7:1.2.3.44:porti80eed2:ip3:::14:porti81eed2:ip11:peer.exam.e4:porti82eed2:ip3:a b4:porti83eed2:ip7:1.2.3.44:porti0eei7eee");
        Assert.Equal(["1.2.3.4:80", "[::1]:81"], response.Peers.Select(p => p.ToString()));
        Assert.Equal(("peer.exam.e", (ushort)82), Assert.Single(response.NamedPeers));
    }

    [Fact]
    public void Response_Failure_IsAnAnswerNotAnError()
    {
        var response = Parse("d14:failure reason12:unregistered8:intervali30ee");
        Assert.False(response.Succeeded);
        Assert.Equal(("unregistered", 30), (response.FailureReason, response.IntervalSeconds));
    }

    [Fact]
    public void Response_AbsurdInterval_IsADayAtMost() => Assert.Equal(86_400, Parse("d8:intervali99999999999ee").IntervalSeconds);

    [Theory]
    [InlineData("<html>", "the tracker's answer is no bencoding: byte 0: expected a value: a digit, 'i', 'l' or 'd', found '<'; check its announce URL")]
    [InlineData("le", "the tracker's answer is no dictionary; check its announce URL")]
    [InlineData("de", "the tracker's answer has neither 'interval' nor 'failure reason'; try another tracker")]
    [InlineData("d8:intervali-1ee", "the tracker's answer has neither 'interval' nor 'failure reason'; try another tracker")]
    [InlineData("d8:intervali1e5:peers5:abcdee", "the tracker's answer: 'peers' has 5 bytes, no multiple of 6; try another tracker")]
    [InlineData("d8:intervali1e6:peers65:abcdee", "the tracker's answer: 'peers6' has 5 bytes, no multiple of 18; try another tracker")]
    public void Response_Malformed_SaysWhatAndWhatToDo(string body, string expected)
    {
        Assert.False(TrackerResponse.TryParse(Encoding.Latin1.GetBytes(body), out _, out var error));
        Assert.Equal(expected, error);
    }

    [Theory]
    [InlineData("1.2.3.4:5", "1.2.3.4:5")]
    [InlineData("[2001:db8::1]:6", "[2001:db8::1]:6")]
    [InlineData("[::ffff:1.2.3.4]:5", "1.2.3.4:5")]
    [InlineData("1.2.3.4", null)]
    [InlineData("2001:db8::1:6", null)]
    [InlineData("[1.2.3.4]:5", null)]
    [InlineData("1.2:5", null)]
    [InlineData("host:5", null)]
    [InlineData("1.2.3.4:65536", null)]
    [InlineData(":5", null)]
    [InlineData("", null)]
    public void Endpoint_Text_IsAnAddressAndAPort(string text, string? expected)
    {
        Assert.Equal(expected is not null, PeerEndpoint.TryParse(text, out var endpoint));
        Assert.Equal(expected, expected is null ? null : endpoint.ToString());
    }

    [Fact]
    public void Endpoint_ToAndFromIPEndPoint_IsTheSame()
    {
        foreach (var text in new[] { "1.2.3.4:5", "[2001:db8::1]:6", "255.255.255.255:65535" })
        {
            var endpoint = IPEndPoint.Parse(text);
            Assert.Equal(endpoint, PeerEndpoint.From(endpoint).ToEndPoint());
        }
    }

    private static TrackerResponse Parse(string latin1)
    {
        Assert.True(TrackerResponse.TryParse(Encoding.Latin1.GetBytes(latin1), out var response, out var error), error);
        return response;
    }
}
