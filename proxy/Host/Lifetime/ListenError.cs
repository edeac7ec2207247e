using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Swarm.Proxy.Cli;

namespace Swarm.Proxy.Lifetime;

/// <summary>A listener that could not be opened, as a sentence: the address, who holds it, the flag that moves it.</summary>
internal static class ListenError
{
    /// <summary>The socket error inside <paramref name="e"/>, however Kestrel wrapped it; null if it is none.</summary>
    public static SocketError? Find(Exception e)
    {
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            if (inner is SocketException socket)
            {
                return socket.SocketErrorCode;
            }

            if (inner is AddressInUseException)
            {
                return SocketError.AddressAlreadyInUse;
            }
        }

        return null;
    }

    public static string Sentence(string flag, IPEndPoint endpoint, SocketError error) => error == SocketError.AddressAlreadyInUse
        ? $"{endpoint} is taken{By(PortHolder.Find(endpoint))}; choose another with {flag} ADDRESS:PORT (port 0 picks a free one)."
        : $"{flag} {endpoint}: cannot listen there: {ErrorText.Of(new SocketException((int)error))}.";

    private static string By(string? holder) => holder is null ? " by another program" : $" by {holder}";
}
