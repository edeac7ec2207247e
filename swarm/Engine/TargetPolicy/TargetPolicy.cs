using System.Net;
using System.Net.Sockets;

namespace Swarm.Engine.Targets;

/// <summary>
/// The one way out of this process: resolves a host once, classifies every address, and dials exactly what it checked.
/// A second resolution between check and dial is what DNS rebinding lives on, so nobody else resolves or dials.
/// </summary>
public sealed class TargetPolicy
{
    private readonly AllowedTargets _allowed;
    private readonly OwnListeners _own;
    private readonly OwnDials? _dials;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve;
    private readonly StaggeredDial _dial;

    public TargetPolicy(
        AllowedTargets allowed,
        OwnListeners own,
        Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null,
        TimeProvider? time = null,
        OwnDials? dials = null)
    {
        _allowed = allowed;
        _own = own;
        _dials = dials;
        _resolve = resolve ?? Dns.GetHostAddressesAsync;
        _dial = new StaggeredDial(time ?? TimeProvider.System);
    }

    private TargetPolicy(AllowedTargets allowed, TargetPolicy other) =>
        (_allowed, _own, _dials, _resolve, _dial) = (allowed, other._own, other._dials, other._resolve, other._dial);

    /// <summary>The same policy with other targets opened: for a host that the user named for one purpose alone.</summary>
    public TargetPolicy Allowing(AllowedTargets allowed) => new(allowed, this);

    /// <summary>Resolves and checks, dials, and returns the connected socket (NoDelay on). Cancellation throws; nothing else does.</summary>
    public async ValueTask<DialResult> DialAsync(DialPurpose purpose, string host, int port, CancellationToken cancellationToken)
    {
        var target = await CheckAsync(purpose, host, port, cancellationToken).ConfigureAwait(false);
        if (!target.IsAllowed)
        {
            return new DialResult(null, null, target.Refusal, target.Failure);
        }

        var dial = await _dial.ConnectAsync(host, target.EndPoints, triesAgain: purpose is DialPurpose.Metafile or DialPurpose.Tracker, cancellationToken).ConfigureAwait(false);
        if (dial.IsConnected)
        {
            _dials?.Note(dial.Socket);
        }

        return dial;
    }

    /// <summary>True if <paramref name="remote"/>, where a connection to this program comes from, is one of this program's own dials: a firewall sent it back.</summary>
    public bool IsOwnDial(IPEndPoint remote) => _dials?.Has(remote) == true;

    /// <summary>True if <paramref name="endPoint"/> is one of this program's listeners.</summary>
    public bool IsOwnListener(IPEndPoint endPoint) => _own.Owns(endPoint.Address, endPoint.Port);

    /// <summary>Resolves once and checks every address. For callers with sockets of their own (UDP trackers, uTP): dial these end points and nothing else.</summary>
    public async ValueTask<CheckedTarget> CheckAsync(DialPurpose purpose, string host, int port, CancellationToken cancellationToken)
    {
        if (!TargetHost.TryParse(host, out var target))
        {
            return Refuse($"{Shown(host)} is not a host name or a plain IP address.", "Write the address in its usual form.");
        }

        if (port is < 1 or > 65535)
        {
            return Refuse($"Port {port} does not exist.", "Use a port from 1 to 65535.");
        }

        IPAddress[] addresses;
        if (target.Address is { } literal)
        {
            addresses = [literal];
        }
        else
        {
            try
            {
                addresses = await _resolve(target.Name, cancellationToken).ConfigureAwait(false);
            }
            catch (SocketException e)
            {
                return new CheckedTarget(null, null, new DialFailure(DialStage.Resolve, e.SocketErrorCode, $"The name {target.Name} could not be resolved ({e.Message})."));
            }

            if (addresses.Length == 0)
            {
                return new CheckedTarget(null, null, new DialFailure(DialStage.Resolve, SocketError.NoData, $"The name {target.Name} has no address."));
            }
        }

        // One forbidden address among several refuses them all: a name that points inside is not to be trusted with the rest.
        var endPoints = new IPEndPoint[addresses.Length];
        for (var i = 0; i < addresses.Length; i++)
        {
            if (Verdict(purpose, target, addresses[i], port) is { } refusal)
            {
                return new CheckedTarget(null, refusal, null);
            }

            endPoints[i] = new IPEndPoint(Unmapped(addresses[i]), port);
        }

        return new CheckedTarget(endPoints, null, null);
    }

    /// <summary>Checks one address that needs no resolution, such as a peer from a tracker; null when it may be dialled.</summary>
    public DialRefusal? Verdict(DialPurpose purpose, IPEndPoint endPoint) =>
        TargetHost.TryParse(Unscoped(endPoint.Address).ToString(), out var host) && endPoint.Port is > 0 and <= 65535
            ? Verdict(purpose, host, endPoint.Address, endPoint.Port)
            : new DialRefusal($"{endPoint} is not an address to dial.", "");

    internal static IPAddress Unmapped(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static IPAddress Unscoped(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 && address.ScopeId != 0 ? new IPAddress(address.GetAddressBytes()) : address;

    private DialRefusal? Verdict(DialPurpose purpose, TargetHost host, IPAddress address, int port)
    {
        if (_own.Owns(address, port))
        {
            return new DialRefusal($"{host.InUrl}:{port} is this program itself.", "Its own ports are never reached through it; open them directly.");
        }

        var reach = AddressClass.Of(address);
        if (reach.IsPublic || _allowed.Allows(host, address, reach))
        {
            return null;
        }

        if (purpose == DialPurpose.LocalPeer && (reach == AddressClass.Private || reach == AddressClass.LinkLocal))
        {
            return null;
        }

        var what = host.Address is null ? $"{host.Name} leads to {address}, a {reach} address," : $"{host.Name} is a {reach} address,";
        var opener = host.Address is null && reach != AddressClass.Metadata ? host.Name : address.ToString();
        return new DialRefusal($"{what} which is not reached unless you allow it.", $"To allow it: --allow-target {opener}");
    }

    private static CheckedTarget Refuse(string reason, string advice) => new(null, new DialRefusal(reason, advice), null);

    /// <summary>A stranger's host text, short and without control characters, so that it may stand in a sentence and a log line.</summary>
    private static string Shown(string host)
    {
        var clean = new string([.. host.Where(c => c is > ' ' and < '\x7f').Take(80)]);
        return clean.Length == 0 ? "An empty host" : $"\"{clean}\"";
    }
}
