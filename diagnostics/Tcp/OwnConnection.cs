using System.Net;
using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>A connection of the program that asks, as it knows it: where, and what for.</summary>
/// <param name="Local">Null where the program knows the other end alone.</param>
public readonly record struct OwnConnection(SocketEnd? Local, SocketEnd Remote, SocketLabel Label)
{
    public static OwnConnection Of(IPEndPoint? local, IPEndPoint remote, SocketLabel label) =>
        new(local is null ? null : SocketEnd.Of(local.Address, local.Port).Unmapped(), SocketEnd.Of(remote.Address, remote.Port).Unmapped(), label);
}
