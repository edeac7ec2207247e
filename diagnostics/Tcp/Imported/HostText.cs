using System.Globalization;
using System.Text;
using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>Lines about the machine: <c>nstat</c> (TcpExt names), <c>sysctl net.ipv4.tcp_rmem</c>, /proc/net/netstat and sockstat.</summary>
internal sealed class HostText
{
    private const string Extended = "TcpExt";
    private static readonly string[] NstatGroups = ["Tcp", "Ip", "Icmp", "Udp", "MPTcp", "#kernel", "#"];

    private readonly StringBuilder _netstat = new();

    public HostSample Sample { get; } = new() { Tier = Tier.Imported };

    /// <summary>How many lines told something.</summary>
    public int Lines { get; private set; }

    public bool TryRead(ReadOnlySpan<char> line)
    {
        if (line.StartsWith("net.ipv4.tcp_", StringComparison.Ordinal))
        {
            return Told(ReadSysctl(line));
        }

        if (line.StartsWith("TcpExt: ", StringComparison.Ordinal))
        {
            _netstat.Append(line).Append('\n');
            return Told(true);
        }

        if (line.StartsWith("TCP: inuse", StringComparison.Ordinal))
        {
            Sample.MemPages = SockstatText.MemPages(line);
            return Told(Sample.MemPages is not null);
        }

        return ReadNstat(line);
    }

    public void Finish() => NetstatText.Read(_netstat.ToString(), Sample);

    private bool Told(bool something)
    {
        Lines += something ? 1 : 0;
        return something;
    }

    private bool ReadNstat(ReadOnlySpan<char> line)
    {
        var cells = new Cells(line);
        var name = cells.Next();
        if (name.StartsWith(Extended, StringComparison.Ordinal) && HostCounterName.TryParse(name[Extended.Length..], out var counter)
            && long.TryParse(cells.Next(), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            Sample[counter] = value;
            return Told(true);
        }

        foreach (var group in NstatGroups)
        {
            if (name.StartsWith(group, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private bool ReadSysctl(ReadOnlySpan<char> line)
    {
        var equals = line.IndexOf('=');
        if (equals < 0)
        {
            return false;
        }

        var cells = new Cells(line[(equals + 1)..]);
        long? first = Number(cells.Next()), second = Number(cells.Next()), third = Number(cells.Next());
        var before = Sample.Settings;
        Sample.Settings = line["net.ipv4.".Length..equals].Trim() switch
        {
            "tcp_rmem" => before with { RmemMinBytes = first, RmemDefaultBytes = second, RmemMaxBytes = third },
            "tcp_mem" => before with { MemPressurePages = second, MemMaxPages = third },
            "tcp_shrink_window" => before with { ShrinkWindow = first is { } on ? on != 0 : null },
            "tcp_moderate_rcvbuf" => before with { ModerateRcvbuf = first is { } on ? on != 0 : null },
            _ => before,
        };
        return true;
    }

    private static long? Number(ReadOnlySpan<char> text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
