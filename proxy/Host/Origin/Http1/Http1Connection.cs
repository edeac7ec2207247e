using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Swarm.Http;

namespace Swarm.Proxy.Origin;

/// <summary>
/// One HTTP/1.1 connection to an origin: a socket, TLS over it where the scheme says so, and a pipe reader for heads and framing.
/// Content is read around the pipe, straight into the caller's buffer, once what the pipe holds is used up.
/// </summary>
/// <remarks>One exchange at a time. <see cref="Close"/> may come from any thread, at any moment, and ends whatever waits.</remarks>
internal sealed class Http1Connection
{
    /// <summary>One receive takes a usual head and the first of its content, so that both leave for the client together.</summary>
    private const int ReceiveBytes = 16 * 1024;

    private static readonly StreamPipeReaderOptions ReaderOptions = new(bufferSize: ReceiveBytes, minimumReadSize: 1024, leaveOpen: true);

    private readonly EofWitness? _witness;
    private readonly OriginSockets _register;
    private int _closed;

    public Http1Connection(OriginKey key, Socket socket, IPEndPoint remote, Stream stream, EofWitness? witness, OriginSockets register, long openedAt)
    {
        (Key, Socket, RemoteEndPoint, Stream, _witness, _register, OpenedAt) = (key, socket, remote, stream, witness, register, openedAt);
        Input = PipeReader.Create(stream, ReaderOptions);
        register.Add(this);
    }

    public OriginKey Key { get; }

    public Socket Socket { get; }

    public Stream Stream { get; }

    public PipeReader Input { get; }

    public IPEndPoint RemoteEndPoint { get; }

    /// <summary>Time stamp of the dial, for the bounded lifetime.</summary>
    public long OpenedAt { get; }

    /// <summary>Time stamp of the last return to the pool.</summary>
    public long IdleSince { get; set; }

    /// <summary>It has carried a request before: then it may have died unnoticed.</summary>
    public bool IsReused { get; set; }

    public bool IsBusy { get; set; } = true;

    /// <summary>The origin ended its side without the closure alert of TLS: content that ends with the connection is torn.</summary>
    public bool EndedUnannounced => _witness is { SawEnd: true };

    /// <summary>
    /// False when it must not carry another request: it ended, or sent what nobody asked for. A session ticket of TLS counts as
    /// that too; then a new connection is dialled, which is never wrong.
    /// </summary>
    public bool IsQuiet()
    {
        try
        {
            return Volatile.Read(ref _closed) == 0 && !Socket.Poll(0, SelectMode.SelectRead);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Reads one head. Null with a fault, or with none where the connection ended first.</summary>
    public async ValueTask<(ResponseHead? Head, FramingFault? Fault)> ReadHeadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await Input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = read.Buffer;
            if (buffer.IsEmpty && read.IsCompleted)
            {
                return default;
            }

            switch (ResponseHeadReader.TryRead(buffer, out var head, out var consumed, out var fault))
            {
                case HeadRead.Complete:
                    Input.AdvanceTo(buffer.GetPosition(consumed));
                    return (head, null);
                case HeadRead.Faulty:
                    return (null, fault);
                default:
                    if (read.IsCompleted)
                    {
                        return default;
                    }

                    Input.AdvanceTo(buffer.Start, buffer.End);
                    break;
            }
        }
    }

    /// <summary>Ends it now: what the origin still sends is not read, and not waited for.</summary>
    public void Close()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            return;
        }

        _register.Remove(this, Unread());
        Socket.Dispose();
        Stream.Dispose();
    }

    private int Unread()
    {
        try
        {
            return Socket.Available;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return 0; // reset by the origin: the kernel has thrown it away
        }
    }
}
