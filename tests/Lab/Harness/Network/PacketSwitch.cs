using System.Buffers.Binary;
using System.Diagnostics;

namespace Swarm.Lab.Harness.Network;

/// <summary>
/// Carries IPv4 packets between hosts. An uplink and a downlink are queues in virtual time: a packet leaves when those before it have
/// left at the line's rate, and is dropped where it would wait longer than the queue is deep. Both hosts' one-way delays are added.
/// </summary>
internal sealed class PacketSwitch : IDisposable
{
    private const int MaxPacketBytes = 2048;
    private const int PacketsARead = 64;
    private const int IdleMillis = 20;

    private readonly Port[] _ports;
    private readonly Dictionary<uint, Port> _byAddress;
    private readonly PriorityQueue<Packet, (double At, long Order)> _onTheWay = new();
    private readonly Stack<byte[]> _buffers = new();
    private readonly LinuxCalls.PollEntry[] _poll;
    private readonly Thread _thread;
    private readonly long _began = Stopwatch.GetTimestamp();
    private long _order;
    private volatile bool _ends;

    public PacketSwitch(IReadOnlyList<(TunDevice Device, uint Address, LineRate Line)> hosts)
    {
        _ports = [.. hosts.Select(h => new Port(h.Device, h.Line))];
        _byAddress = hosts.Zip(_ports).ToDictionary(p => p.First.Address, p => p.Second);
        _poll = [.. hosts.Select(h => new LinuxCalls.PollEntry { Descriptor = h.Device.Descriptor, Wanted = LinuxCalls.Readable })];
        _thread = new(Run) { IsBackground = true, Name = "lab switch", Priority = ThreadPriority.Highest };
        _thread.Start();
    }

    private double Now => Stopwatch.GetElapsedTime(_began).TotalSeconds;

    /// <summary>What a host sent into the net and got out of it, packets with their headers; and how many were dropped at its queues.</summary>
    public (long SentBytes, long ReceivedBytes, long Dropped) Counters(int host)
    {
        var port = _ports[host];
        return (Volatile.Read(ref port.SentBytes), Volatile.Read(ref port.ReceivedBytes), Volatile.Read(ref port.Dropped));
    }

    /// <summary>Shows every packet that a host sends, on the switch's thread.</summary>
    public void Watch(int host, PacketWatch watch) => _ports[host].Watch = watch;

    public void Dispose()
    {
        _ends = true;
        _thread.Join();
    }

    private void Run()
    {
        while (!_ends)
        {
            var wait = _onTheWay.TryPeek(out _, out var next) ? (int)Math.Clamp(Math.Floor((next.At - Now) * 1000), 0, IdleMillis) : IdleMillis;
            if (LinuxCalls.Poll(_poll, (nuint)_poll.Length, wait) > 0)
            {
                for (var i = 0; i < _poll.Length; i++)
                {
                    if ((_poll[i].Happened & LinuxCalls.Readable) != 0)
                    {
                        Take(_ports[i]);
                    }
                }
            }

            while (_onTheWay.TryPeek(out var packet, out var at) && at.At <= Now)
            {
                _onTheWay.Dequeue();
                Move(packet, at.At);
            }
        }
    }

    private void Take(Port from)
    {
        for (var i = 0; i < PacketsARead; i++)
        {
            var bytes = _buffers.TryPop(out var kept) ? kept : new byte[MaxPacketBytes];
            var length = (int)LinuxCalls.Read(from.Device.Descriptor, bytes, bytes.Length);
            if (length <= 0)
            {
                _buffers.Push(bytes);
                return;
            }

            // Version 4, and a destination that is one of ours, or a multicast group, which is all the others; everything else ends here.
            if (length < 20 || bytes[0] >> 4 != 4)
            {
                _buffers.Push(bytes);
                continue;
            }

            from.Watch?.Invoke(bytes.AsSpan(0, length));
            if ((bytes[16] & 0xf0) == 0xe0)
            {
                foreach (var port in _ports.Where(p => p != from))
                {
                    Enqueue(new([.. bytes], length, port, IsAtDownlink: false), Now + from.Line.OneWay.TotalSeconds + port.Line.OneWay.TotalSeconds);
                }

                _buffers.Push(bytes);
                continue;
            }

            if (!_byAddress.TryGetValue(BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(16)), out var to))
            {
                _buffers.Push(bytes);
                continue;
            }

            var line = from.Line;
            if (Leaves(ref from.UpFreeAt, Now, length, line.UpBits, line.Queue.TotalSeconds, out var at))
            {
                Volatile.Write(ref from.SentBytes, from.SentBytes + length);
                Enqueue(new(bytes, length, to, IsAtDownlink: false), at + line.OneWay.TotalSeconds + to.Line.OneWay.TotalSeconds);
            }
            else
            {
                Volatile.Write(ref from.Dropped, from.Dropped + 1);
                _buffers.Push(bytes);
            }
        }
    }

    private void Move(in Packet packet, double at)
    {
        var to = packet.To;
        if (!packet.IsAtDownlink && to.Line.DownBits > 0)
        {
            if (Leaves(ref to.DownFreeAt, at, packet.Length, to.Line.DownBits, to.Line.Queue.TotalSeconds, out var out_))
            {
                Enqueue(packet with { IsAtDownlink = true }, out_);
            }
            else
            {
                Volatile.Write(ref to.Dropped, to.Dropped + 1);
                _buffers.Push(packet.Bytes);
            }

            return;
        }

        _ = LinuxCalls.Write(to.Device.Descriptor, packet.Bytes, packet.Length);
        Volatile.Write(ref to.ReceivedBytes, to.ReceivedBytes + packet.Length);
        _buffers.Push(packet.Bytes);
    }

    /// <summary>When a packet that comes to a queue now has left it; false if it does not fit.</summary>
    private static bool Leaves(ref double freeAt, double now, int length, double bitsPerSecond, double queueSeconds, out double at)
    {
        at = now;
        if (bitsPerSecond <= 0)
        {
            return true;
        }

        var starts = Math.Max(freeAt, now);
        if (starts - now > queueSeconds)
        {
            return false;
        }

        at = freeAt = starts + (length * 8 / bitsPerSecond);
        return true;
    }

    private void Enqueue(in Packet packet, double at) => _onTheWay.Enqueue(packet, (at, _order++));

    private readonly record struct Packet(byte[] Bytes, int Length, Port To, bool IsAtDownlink);

    private sealed class Port(TunDevice device, LineRate line)
    {
        public double UpFreeAt;
        public double DownFreeAt;
        public long SentBytes;
        public long ReceivedBytes;
        public long Dropped;
        public volatile PacketWatch? Watch;

        public TunDevice Device => device;

        public LineRate Line => line;
    }
}
