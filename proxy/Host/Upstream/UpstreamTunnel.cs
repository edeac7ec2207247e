using System.Buffers;
using System.Text;
using Swarm.Http;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Upstream;

/// <summary>Asks an upstream proxy for a tunnel (RFC 9110 §9.3.6).</summary>
internal static class UpstreamTunnel
{
    /// <summary>Answers to CONNECT have some hundred bytes; refusals are followed by a page that nobody reads.</summary>
    private const int HeadBytesMax = 16 * 1024;

    private const int InterimMax = 8;

    /// <summary>Null when <paramref name="stream"/> is the tunnel from here on.</summary>
    /// <param name="via">Who has passed this question on, this node last (RFC 9110 §7.6.3): two proxies that are each other's upstream end there, not in each other.</param>
    public static async ValueTask<OriginError?> OpenAsync(Stream stream, UpstreamProxy proxy, string authority, string via, CancellationToken cancellationToken)
    {
        var credentials = proxy.Authorization is { } value ? $"Proxy-Authorization: {value}\r\n" : "";
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\nVia: {via}\r\n{credentials}\r\n"), cancellationToken).ConfigureAwait(false);
        for (var interims = 0; interims <= InterimMax; interims++)
        {
            var head = await ReadHeadAsync(stream, cancellationToken).ConfigureAwait(false);
            if (head is null)
            {
                return OriginErrors.UpstreamUnusable(proxy, $"gave no answer to CONNECT {authority}");
            }

            if (!head.IsInterim)
            {
                return head.Status is >= 200 and < 300 ? null : OriginErrors.UpstreamRefused(proxy, authority, head.Status);
            }
        }

        return OriginErrors.UpstreamUnusable(proxy, "sends 1xx answers that lead nowhere");
    }

    /// <summary>An octet at a time: what follows the head is the tunnel's, and the origin may speak first.</summary>
    private static async ValueTask<ResponseHead?> ReadHeadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(HeadBytesMax);
        try
        {
            for (var count = 0; count < HeadBytesMax; count++)
            {
                if (await stream.ReadAsync(buffer.AsMemory(count, 1), cancellationToken).ConfigureAwait(false) == 0)
                {
                    return null;
                }

                if (buffer[count] == '\n')
                {
                    switch (ResponseHeadReader.TryRead(new ReadOnlySequence<byte>(buffer, 0, count + 1), out var head, out _, out _))
                    {
                        case HeadRead.Complete:
                            return head;
                        case HeadRead.Faulty:
                            return null;
                    }
                }
            }

            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
