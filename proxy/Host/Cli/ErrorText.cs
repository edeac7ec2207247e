using System.Net.Sockets;

namespace Swarm.Proxy.Cli;

/// <summary>What went wrong with a file or a socket, in words without types, traces or line breaks.</summary>
internal static class ErrorText
{
    public static string Of(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "it does not exist",
        UnauthorizedAccessException => "permission denied",
        SocketException socket => Words(socket.SocketErrorCode),
        { InnerException: SocketException inner } => Words(inner.SocketErrorCode),
        _ => e.Message.ReplaceLineEndings(" ").TrimEnd('.', ' '),
    };

    private static string Words(SocketError error) => error switch
    {
        SocketError.AddressAlreadyInUse => "the port is taken",
        SocketError.AddressNotAvailable => "this machine has no such address",
        SocketError.AccessDenied => "permission denied; ports below 1024 need a privilege",
        SocketError.AddressFamilyNotSupported => "this machine has no such address family",
        SocketError.ConnectionRefused => "nothing listens there",
        _ => error.ToString(),
    };
}
