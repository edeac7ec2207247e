using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Swarm.Discovery;
using Swarm.Protocol;

namespace Swarm.Peer.Tests;

/// <summary>Local discovery over real multicast on loopback, at a port of the test's own.</summary>
public sealed class LocalDiscoveryTests
{
    private static readonly WireHash Ours = new(1, 2, 3);
    private static readonly WireHash Other = new(4, 5, 6);

    [Fact]
    public async Task TwoNodesWithOneTorrent_FindEachOther_AndNobodyItself()
    {
        var port = FreePort();
        await using var a = Node(port, 1001);
        await using var b = Node(port, 1002);
        var heardByA = new ConcurrentQueue<IPEndPoint>();
        var heardByB = new ConcurrentQueue<IPEndPoint>();
        var elsewhere = new ConcurrentQueue<IPEndPoint>();
        await using var other = b.Search(new([Other], () => false, elsewhere.Enqueue));
        await using var one = b.Search(new([Ours], () => true, heardByB.Enqueue));
        await using var two = a.Search(new([Ours], () => true, heardByA.Enqueue));

        await UntilAsync(() => !heardByB.IsEmpty);

        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 1001), heardByB.First());
        Assert.DoesNotContain(heardByA, peer => peer.Port == 1001);
        Assert.Empty(elsewhere);
    }

    [Fact]
    public async Task WhatIsSentToTheMachineAlone_IsNotHeard()
    {
        var heard = await HeardAfterAsync((stranger, port) =>
            stranger.SendTo(new Bep14LocalDiscovery(666, [Ours], "stranger").Write(ipv6: false), new IPEndPoint(IPAddress.Loopback, port)));
        Assert.All(heard, peer => Assert.Equal(1002, peer.Port));
    }

    [Fact]
    public async Task Garbage_IsPassedOver()
    {
        var heard = await HeardAfterAsync((stranger, port) =>
        {
            stranger.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastInterface, BitConverter.ToInt32(IPAddress.Loopback.GetAddressBytes()));
            var random = new Random(3);
            for (var i = 0; i < 50; i++)
            {
                var bytes = new byte[random.Next(3_000)];
                random.NextBytes(bytes);
                stranger.SendTo(bytes, new IPEndPoint(IPAddress.Parse("239.192.152.143"), port));
            }
        });
        Assert.All(heard, peer => Assert.Equal(1002, peer.Port));
    }

    /// <summary>What a node hears when a stranger speaks first, and after it a node at port 1002 that calls to all.</summary>
    private static async Task<IReadOnlyCollection<IPEndPoint>> HeardAfterAsync(Action<Socket, int> speak)
    {
        var port = FreePort();
        await using var node = Node(port, 1001);
        await using var caller = Node(port, 1002);
        var heard = new ConcurrentQueue<IPEndPoint>();
        await using var search = node.Search(new([Ours], () => false, heard.Enqueue));
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        speak(stranger, port);
        await using var calling = caller.Search(new([Ours], () => true, _ => { }));
        await UntilAsync(() => heard.Any(p => p.Port == 1002));
        return heard;
    }

    private static LocalDiscovery Node(int groupPort, int listenPort) =>
        new(() => [new(IPAddress.Loopback, 1)], () => listenPort, TimeProvider.System, _ => { }, groupPort);

    /// <summary>Of the test's own, so that no client on this machine hears it.</summary>
    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Any, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            await Task.Yield();
            Assert.True(TimeProvider.System.GetElapsedTime(since) < TestPatience.Long, "nobody was heard");
        }
    }
}
