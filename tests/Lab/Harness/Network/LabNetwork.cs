using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;

namespace Swarm.Lab.Harness.Network;

/// <summary>Hosts that a scenario makes and that are gone with its bench: 10.71.0.1 and up, one net, no way out.</summary>
public sealed class LabNetwork : IAsyncDisposable
{
    public const string IpProgram = "/usr/sbin/ip";

    /// <summary>The net of all hosts, for a target policy.</summary>
    public const string Net = "10.71.0.0/16";

    private readonly List<string> _namespaces = [];
    private readonly List<TunDevice> _devices = [];
    private PacketSwitch? _switch;

    private LabNetwork()
    {
    }

    public IReadOnlyList<LabHost> Hosts { get; private set; } = [];

    /// <summary>Why this machine can have none; null if it can.</summary>
    public static string? Missing =>
        !File.Exists("/dev/net/tun") ? "no /dev/net/tun" : !File.Exists(IpProgram) ? "no iproute2" : Environment.UserName != "root" ? "not root" : null;

    public static async Task<LabNetwork> StartAsync(Bench bench, IReadOnlyList<LineRate> lines, CancellationToken stop)
    {
        var network = bench.Own(new LabNetwork());
        var hosts = new List<LabHost>();
        var ports = new List<(TunDevice, uint, LineRate)>();
        for (var i = 0; i < lines.Count; i++)
        {
            var name = $"swarm-lab-{Environment.ProcessId}-{i}";
            var address = IPAddress.Parse($"10.71.0.{i + 1}");
            bench.Reaper.OwnNamespace(name);
            await IpAsync(stop, "netns", "add", name);
            network._namespaces.Add(name);
            var host = new LabHost(network, i, name, address);
            var device = host.Do(TunDevice.OpenHere);
            network._devices.Add(device);
            await IpAsync(stop, "-n", name, "link", "set", "lo", "up");
            await IpAsync(stop, "-n", name, "addr", "add", $"{address}/16", "dev", TunDevice.Name);
            await IpAsync(stop, "-n", name, "link", "set", TunDevice.Name, "mtu", "1500", "up");
            hosts.Add(host);
            ports.Add((device, BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes()), lines[i]));
        }

        network.Hosts = hosts;
        network._switch = new(ports);
        return network;
    }

    public async ValueTask DisposeAsync()
    {
        _switch?.Dispose();
        _devices.ForEach(d => d.Dispose());
        foreach (var name in _namespaces)
        {
            await IpAsync(CancellationToken.None, "netns", "del", name);
        }
    }

    internal void Watch(int host, PacketWatch watch) => _switch!.Watch(host, watch);

    internal (long SentBytes, long ReceivedBytes, long Dropped) Counters(int host) => _switch!.Counters(host);

    private static async Task IpAsync(CancellationToken stop, params string[] arguments)
    {
        var start = new ProcessStartInfo(IpProgram, arguments) { RedirectStandardError = true };
        using var ip = Process.Start(start) ?? throw new LabException("ip did not start");
        var said = await ip.StandardError.ReadToEndAsync(stop);
        await ip.WaitForExitAsync(stop);
        if (ip.ExitCode != 0)
        {
            throw new LabException($"ip {string.Join(' ', arguments)}: {said.Trim()}");
        }
    }
}
