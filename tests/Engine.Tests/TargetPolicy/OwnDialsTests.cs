using System.Net;
using System.Net.Sockets;
using Swarm.Engine.Targets;

namespace Swarm.Engine.Tests.Targets;

/// <summary>A connection of this program's own is known by its near end for as long as it is open.</summary>
public sealed class OwnDialsTests
{
    [Fact]
    public void Dial_WhileOpen_IsKnown_AndForgottenWithItsSocket()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var dials = new OwnDials();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(listener.LocalEndpoint);
        var end = (IPEndPoint)socket.LocalEndPoint!;

        Assert.False(dials.Has(end));
        dials.Note(socket);

        Assert.True(dials.Has(end));
        Assert.True(dials.Has(new IPEndPoint(end.Address.MapToIPv6(), end.Port)));
        Assert.False(dials.Has(new IPEndPoint(IPAddress.Parse("127.0.0.2"), end.Port)));
        socket.Dispose();
        Assert.False(dials.Has(end));
    }
}
