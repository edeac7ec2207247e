using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Swarm.Discovery;

namespace Swarm.Peer.Tests;

/// <summary>A UDP tracker on loopback that answers each datagram as a test says, and keeps what it was sent.</summary>
internal sealed class ScriptedUdpTracker : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<byte[]> _received = Channel.CreateUnbounded<byte[]>();
    private readonly Func<byte[], int, IEnumerable<byte[]>> _answer;
    private readonly Task _run;

    /// <param name="answer">The datagrams to send back for the n-th one, counted from 0.</param>
    public ScriptedUdpTracker(Func<byte[], int, IEnumerable<byte[]>> answer, IPAddress? address = null)
    {
        _answer = answer;
        address ??= IPAddress.Loopback;
        _socket = new(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        _socket.Bind(new IPEndPoint(address, 0));
        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        _run = Task.Run(RunAsync);
    }

    public IPEndPoint EndPoint { get; }

    public Uri Url => new($"udp://{EndPoint}/announce");

    public ValueTask<TrackerAddresses> Here(DnsEndPoint to, CancellationToken cancel) => ValueTask.FromResult(new TrackerAddresses([EndPoint]));

    /// <summary>The next datagram, as <c>connect</c>, <c>announce ID</c> or <c>scrape ID</c>.</summary>
    public async Task<string> NextAsync()
    {
        var datagram = await _received.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TestPatience.Long);
        return BinaryPrimitives.ReadInt32BigEndian(datagram.AsSpan(8)) switch
        {
            0 when datagram.Length == 16 => "connect",
            1 when datagram.Length == 98 => $"announce {BinaryPrimitives.ReadUInt64BigEndian(datagram):x}",
            2 => $"scrape {BinaryPrimitives.ReadUInt64BigEndian(datagram):x}",
            _ => Convert.ToHexStringLower(datagram),
        };
    }

    public bool IsQuiet => !_received.Reader.TryPeek(out _);

    public static bool IsConnect(byte[] request) => BinaryPrimitives.ReadInt32BigEndian(request.AsSpan(8)) == 0;

    /// <summary>An answer with the transaction of the request.</summary>
    public static byte[] Answer(byte[] request, int action, string hex) =>
        [0, 0, 0, (byte)action, .. request.AsSpan(12, 4), .. Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal))];

    public static byte[] Connected(byte[] request, ulong id = 0xabc) => Answer(request, 0, id.ToString("x16", System.Globalization.CultureInfo.InvariantCulture));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        _socket.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var buffer = new byte[2048];
        var any = new IPEndPoint(EndPoint.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        try
        {
            for (var n = 0; ; n++)
            {
                var got = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, any, _stop.Token);
                var request = buffer[..got.ReceivedBytes];
                foreach (var answer in _answer(request, n))
                {
                    await _socket.SendToAsync(answer, SocketFlags.None, got.RemoteEndPoint, _stop.Token);
                }

                _received.Writer.TryWrite(request);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
