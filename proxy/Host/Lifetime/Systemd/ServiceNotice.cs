using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Swarm.Proxy.Cli;

namespace Swarm.Proxy.Lifetime;

/// <summary>Tells the service manager how the service stands (sd_notify(3)): a datagram each to the socket that <c>NOTIFY_SOCKET</c> names.</summary>
/// <remarks>Nobody may listen, and nothing depends on it: what cannot be sent is not.</remarks>
internal sealed class ServiceNotice(Surroundings surroundings)
{
    private readonly string? _socket = OperatingSystem.IsLinux() ? surroundings.Variable("NOTIFY_SOCKET") : null;

    /// <param name="status">One line for <c>systemctl status</c>.</param>
    public void Ready(string status) => Send($"READY=1\nSTATUS={status}");

    /// <summary>The configuration is read again; <see cref="Ready"/> ends that. The time lets <c>Type=notify-reload</c> tell one reload from the next.</summary>
    public void Reloading() => Send(string.Create(
        CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={(long)(Stopwatch.GetTimestamp() * (1e6 / Stopwatch.Frequency))}"));

    public void Stopping() => Send("STOPPING=1");

    private void Send(string state)
    {
        if (_socket is null || _socket[0] is not ('/' or '@'))
        {
            return;
        }

        try
        {
            // A leading @ stands for the null byte of Linux's abstract names.
            var to = new UnixDomainSocketEndPoint(_socket[0] == '@' ? "\0" + _socket[1..] : _socket);
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(state), to);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            // Gone, or never there.
        }
    }
}
