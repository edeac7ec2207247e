using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Harness;

/// <summary>
/// Datagrams that nobody asked for, at a steady rate, from sources that are made up: noise, messages cut short, and well-formed queries of the DHT (BEP 5) and of UDP
/// trackers (BEP 15), whose answers would go to whoever has the address.
/// </summary>
public sealed class Flood(LabHost from, IPEndPoint dht, IPEndPoint tracker, byte[] infoHash)
{
    private const int IpHeaderBytes = 20;
    private const int UdpHeaderBytes = 8;
    /// <summary>Short, so that what is well-formed makes most of the bytes: long noise would pay for any answer.</summary>
    private const int MaxNoiseBytes = 60;
    private const ulong TrackerProtocol = 0x41727101980; // BEP 15

#pragma warning disable CA5394 // The same noise each time.
    private readonly Random _random = new(91);

    public long SentPackets { get; private set; }

    /// <summary>Whole packets, as they arrive at the DHT.</summary>
    public long DhtBytes { get; private set; }

    /// <summary>The same at the tracker.</summary>
    public long TrackerBytes { get; private set; }

    /// <summary>Goes on until stopped or over.</summary>
    public Task RunAsync(int packetsPerSecond, TimeSpan length, CancellationToken stop) => Task.Run(
        async () =>
        {
            using var socket = from.Do(static () => new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Udp));
            socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.HeaderIncluded, true);
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
            for (var clock = Stopwatch.StartNew(); clock.Elapsed < length && await timer.WaitForNextTickAsync(stop);)
            {
                while (SentPackets < clock.Elapsed.TotalSeconds * packetsPerSecond)
                {
                    Send(socket);
                }
            }
        },
        stop);

    private void Send(Socket socket)
    {
        var to = SentPackets % 2 == 0 ? dht : tracker;
        var payload = to == dht ? Krpc() : Request();
        if (_random.Next(8) == 0)
        {
            payload = payload[.._random.Next(1, payload.Length)];
        }

        var packet = new byte[IpHeaderBytes + UdpHeaderBytes + payload.Length];
        packet[0] = 0x45; // version 4, five words; length and checksum are the kernel's
        packet[8] = 64;
        packet[9] = (byte)ProtocolType.Udp;

        // Of the net of all hosts, where most addresses are nobody's.
        byte[] source = [10, 71, (byte)_random.Next(1, 255), (byte)_random.Next(1, 255)];
        source.CopyTo(packet, 12);
        to.Address.GetAddressBytes().CopyTo(packet, 16);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(20), (ushort)_random.Next(1024, 65_536));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(22), (ushort)to.Port);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(24), (ushort)(UdpHeaderBytes + payload.Length));
        payload.CopyTo(packet, IpHeaderBytes + UdpHeaderBytes);
        socket.SendTo(packet, new IPEndPoint(to.Address, 0));
        SentPackets++;
        if (to == dht)
        {
            DhtBytes += packet.Length;
        }
        else
        {
            TrackerBytes += packet.Length;
        }
    }

    private byte[] Krpc()
    {
        var id = Noise(20);
        return _random.Next(4) switch
        {
            0 => Noise(_random.Next(1, MaxNoiseBytes)),
            1 => [.. "d1:ad2:id20:"u8, .. id, .. "6:target20:"u8, .. Noise(20), .. "e1:q9:find_node1:t2:aa1:y1:qe"u8],
            2 => [.. "d1:ad2:id20:"u8, .. id, .. "9:info_hash20:"u8, .. infoHash, .. "e1:q9:get_peers1:t2:aa1:y1:qe"u8],
            _ => [.. "d1:ad2:id20:"u8, .. id, .. "9:info_hash20:"u8, .. infoHash, .. "4:porti"u8, .. Encoding.ASCII.GetBytes($"{_random.Next(1, 65_536)}"), .. "e5:token8:"u8, .. Noise(8), .. "e1:q13:announce_peer1:t2:aa1:y1:qe"u8],
        };
    }

    private byte[] Request()
    {
        var action = _random.Next(4);
        if (action == 3)
        {
            return Noise(_random.Next(1, MaxNoiseBytes));
        }

        var request = Noise(action switch { 0 => 16, 1 => 98, _ => 36 });
        BinaryPrimitives.WriteInt32BigEndian(request.AsSpan(8), action);
        if (action == 0)
        {
            BinaryPrimitives.WriteUInt64BigEndian(request, TrackerProtocol);
        }
        else
        {
            infoHash.CopyTo(request, 16);
        }

        return request;
    }

    private byte[] Noise(int bytes)
    {
        var noise = new byte[bytes];
        _random.NextBytes(noise);
        return noise;
    }
#pragma warning restore CA5394
}
