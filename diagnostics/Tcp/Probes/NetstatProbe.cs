using System.Text;
using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>T0: the counters of /proc/net/netstat, the memory of /proc/net/sockstat, and the sysctls that bound receive buffers.</summary>
/// <param name="proc">Where /proc is.</param>
/// <param name="net">Its folder for the network namespace: <c>net</c> is that of the process, <c>thread-self/net</c> that of the thread.</param>
public sealed class NetstatProbe(string proc = "/proc", string net = "net") : IProbe
{
    private TcpSettings _settings = TcpSettings.Unknown;

    public string Name => "T0 netstat";

    public string Gives => "counters of prunes, collapses and drops, and TCP memory, of the whole machine";

    public string? Start()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "only Linux has /proc/net/netstat";
        }

        if (Text(net + "/netstat") is not { Length: > 0 })
        {
            return $"{proc}/{net}/netstat cannot be read";
        }

        _settings = new TcpSettings
        {
            RmemMinBytes = Number("tcp_rmem", 0),
            RmemDefaultBytes = Number("tcp_rmem", 1),
            RmemMaxBytes = Number("tcp_rmem", 2),
            MemPressurePages = Number("tcp_mem", 1),
            MemMaxPages = Number("tcp_mem", 2),
            ShrinkWindow = Number("tcp_shrink_window", 0) is { } shrink ? shrink != 0 : null,
            ModerateRcvbuf = Number("tcp_moderate_rcvbuf", 0) is { } moderate ? moderate != 0 : null,
        };
        return null;
    }

    public string? Read(Reading into)
    {
        into.Host.Settings = _settings;
        into.Host.MemPages = SockstatText.MemPages(Text(net + "/sockstat") ?? "");
        if (Text(net + "/netstat") is not { } netstat)
        {
            return $"{proc}/{net}/netstat cannot be read any more";
        }

        NetstatText.Read(netstat, into.Host);
        return null;
    }

    public void Dispose()
    {
    }

    private long? Number(string sysctl, int index)
    {
        var cells = (Text("sys/net/ipv4/" + sysctl) ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return index < cells.Length && long.TryParse(cells[index], out var value) ? value : null;
    }

    private string? Text(string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(proc, file), Encoding.ASCII);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
