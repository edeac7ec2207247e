using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>The text that <c>ss</c> of iproute2 prints for TCP sockets, on one line each (-O) or with the details on the lines below.</summary>
internal sealed class SsText
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    private readonly List<List<SocketSample>> _snapshots = [];
    private SocketSample? _open;
    private SocketOwner? _openOwner;

    public IReadOnlyList<IReadOnlyList<SocketSample>> Snapshots => _snapshots;

    public Dictionary<SocketKey, SocketOwner> Owners { get; } = [];

    /// <summary>Takes a line; false when it is none of ss.</summary>
    public bool TryRead(ReadOnlySpan<char> line)
    {
        if (char.IsWhiteSpace(line[0]) && _open is { } open)
        {
            ReadDetails(line, ref open);
            _open = open;
            return true;
        }

        Close();
        if (line.StartsWith("State ", StringComparison.Ordinal) || line.StartsWith("Netid ", StringComparison.Ordinal))
        {
            _snapshots.Add([]);
            return true;
        }

        return ReadSocket(line);
    }

    public void Finish()
    {
        Close();
        _snapshots.RemoveAll(s => s.Count == 0);
    }

    private bool ReadSocket(ReadOnlySpan<char> line)
    {
        var first = new Cells(line);
        var rest = first.Next() is "tcp" ? line["tcp".Length..] : line;
        var cells = new Cells(rest);
        var state = StateOf(cells.Next());
        if (state is TcpState.Listen or TcpState.TimeWait)
        {
            return true;
        }

        if (state == TcpState.Unknown
            || !long.TryParse(cells.Next(), NumberStyles.None, CultureInfo.InvariantCulture, out var payload)
            || !long.TryParse(cells.Next(), NumberStyles.None, CultureInfo.InvariantCulture, out _)
            || !TryEnd(cells.Next(), out var local) || !TryEnd(cells.Next(), out var remote))
        {
            return false;
        }

        var sample = new SocketSample { Tier = Tier.Imported, State = state, PayloadBytes = payload, Local = local, Remote = remote };
        ReadDetails(rest, ref sample);
        _open = sample;
        return true;
    }

    private void Close()
    {
        if (_open is not { } sample)
        {
            return;
        }

        Fin.Uncount(ref sample);
        if (_snapshots.Count == 0)
        {
            _snapshots.Add([]);
        }

        _snapshots[^1].Add(sample);
        if (_openOwner is not null)
        {
            Owners[sample.Key] = _openOwner;
        }

        _open = null;
        _openOwner = null;
    }

    private void ReadDetails(ReadOnlySpan<char> line, ref SocketSample sample)
    {
        var cells = new Cells(line);
        for (var cell = cells.Next(); !cell.IsEmpty; cell = cells.Next())
        {
            var colon = cell.IndexOf(':');
            if (colon <= 0)
            {
                continue;
            }

            var value = cell[(colon + 1)..];
            switch (cell[..colon])
            {
                case "users":
                    // A process name may hold spaces, so the cell may be cut; the line is not.
                    _openOwner = OwnerOf(line[line.IndexOf("users:", StringComparison.Ordinal)..]) ?? _openOwner;
                    break;
                case "skmem":
                    ReadMemory(value, ref sample);
                    break;
                case "ino":
                    sample.Inode = (uint)Number(value);
                    break;
                case "uid":
                    sample.UserId = (uint)Number(value);
                    break;
                case "sk":
                    sample.Cookie = ulong.TryParse(value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var cookie) ? cookie : 0;
                    break;
                case "cwnd":
                    // Of tcp_info ss leaves out what is zero; cwnd never is, so it shows that the rest was asked for.
                    sample.Fields |= SocketFields.Info | SocketFields.BytesReceived | SocketFields.Segments | SocketFields.OutOfOrder;
                    break;
                case "rcvmss":
                    sample.RcvMssBytes = (uint)Number(value);
                    break;
                case "rcv_ssthresh":
                    sample.RcvSsthreshBytes = (uint)Number(value);
                    break;
                case "rcv_rtt":
                    sample.RcvRttMicros = (long)(Number(value) * 1000);
                    break;
                case "rcv_space":
                    sample.RcvSpaceBytes = (long)Number(value);
                    break;
                case "rcv_wnd":
                    sample.RcvWndBytes = (long)Number(value);
                    sample.Fields |= SocketFields.Window;
                    break;
                case "lastrcv":
                    sample.SinceDataMicros = (long)(Number(value) * 1000);
                    break;
                case "bytes_received":
                    sample.BytesReceived = (ulong)Number(value);
                    break;
                case "segs_in":
                    sample.SegmentsIn = (uint)Number(value);
                    break;
                case "data_segs_in":
                    sample.DataSegmentsIn = (uint)Number(value);
                    break;
                case "rcv_ooopack":
                    sample.OutOfOrderSegments = (uint)Number(value);
                    break;
                default:
                    break;
            }
        }
    }

    // skmem:(r115008,rb131072,t0,tb4194304,f3776,w0,o0,bl0,d3)
    private static void ReadMemory(ReadOnlySpan<char> value, ref SocketSample sample)
    {
        if (!value.StartsWith("(", StringComparison.Ordinal) || !value.EndsWith(")", StringComparison.Ordinal))
        {
            return;
        }

        var seen = 0;
        var inside = value[1..^1];
        foreach (var range in inside.Split(','))
        {
            var part = inside[range];
            var digits = part.IndexOfAnyInRange('0', '9');
            if (digits <= 0 || !long.TryParse(part[digits..], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                continue;
            }

            switch (part[..digits])
            {
                case "r":
                    sample.RmemAllocBytes = number;
                    seen |= 1;
                    break;
                case "rb":
                    sample.RcvbufBytes = number;
                    seen |= 2;
                    break;
                case "bl":
                    sample.BacklogBytes = number;
                    break;
                case "d":
                    sample.Drops = (uint)Math.Min(number, uint.MaxValue);
                    break;
                default:
                    break;
            }
        }

        if (seen == 3)
        {
            sample.Fields |= SocketFields.Memory;
        }
    }

    // users:(("python3",pid=12002,fd=5),("python3",pid=12003,fd=5)): the first one stands for all.
    private static SocketOwner? OwnerOf(ReadOnlySpan<char> users)
    {
        var open = users.IndexOf("((\"", StringComparison.Ordinal);
        var pid = users.IndexOf("\",pid=", StringComparison.Ordinal);
        if (open < 0 || pid < open + 3)
        {
            return null;
        }

        var digits = users[(pid + 6)..];
        var end = digits.IndexOfAnyExceptInRange('0', '9');
        return int.TryParse(end < 0 ? digits : digits[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new SocketOwner(number, users[(open + 3)..pid].ToString())
            : null;
    }

    /// <summary><c>127.0.0.1%lo:80</c>, <c>[fe80::1]%eth0:80</c>, <c>[::ffff:10.0.0.1]:80</c>.</summary>
    private static bool TryEnd(ReadOnlySpan<char> text, out SocketEnd end)
    {
        end = default;
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return false;
        }

        var host = text[..colon];
        if (host.IndexOf('%') is >= 0 and var zone)
        {
            host = host[..zone];
        }

        if (!IPAddress.TryParse(host.Trim("[]"), out var address))
        {
            return false;
        }

        end = SocketEnd.Of(address, port);
        return address.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6;
    }

    private static double Number(ReadOnlySpan<char> text)
    {
        // Below 2^63, and never NaN: whoever wrote the text may have written anything.
        var end = text.IndexOfAnyExcept(NumberCharacters);
        return double.TryParse(end < 0 ? text : text[..end], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? Math.Min(number, 1e15)
            : 0;
    }

    private static TcpState StateOf(ReadOnlySpan<char> text) => text switch
    {
        "ESTAB" => TcpState.Established,
        "SYN-SENT" => TcpState.SynSent,
        "SYN-RECV" => TcpState.SynReceived,
        "FIN-WAIT-1" => TcpState.FinWait1,
        "FIN-WAIT-2" => TcpState.FinWait2,
        "TIME-WAIT" => TcpState.TimeWait,
        "UNCONN" => TcpState.Close,
        "CLOSE-WAIT" => TcpState.CloseWait,
        "LAST-ACK" => TcpState.LastAck,
        "LISTEN" => TcpState.Listen,
        "CLOSING" => TcpState.Closing,
        _ => TcpState.Unknown,
    };
}
