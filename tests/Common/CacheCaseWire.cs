using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Swarm.Testing;

/// <summary>HTTP/1.1 on a socket, no more of it than conformance cases need.</summary>
internal static class CacheCaseWire
{
    /// <summary>Up to the empty line; null at the end of the connection.</summary>
    public static async Task<string?> ReadHeadAsync(Stream stream, CancellationToken stop)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (true)
        {
            if (await stream.ReadAsync(one, stop) == 0)
            {
                return head.Count == 0 ? null : throw new IOException("The connection ended within a head.");
            }

            head.Add(one[0]);
            if (head.Count >= 4 && head[^4] == '\r' && head[^3] == '\n' && head[^2] == '\r' && head[^1] == '\n')
            {
                return Encoding.Latin1.GetString([.. head]);
            }
        }
    }

    /// <summary>One request on a connection of its own.</summary>
    public static async Task<CacheCaseMessage> ExchangeAsync(IPEndPoint to, string request, CancellationToken stop)
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(to, stop);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), stop);
        var answer = CacheCaseMessage.Parse(await ReadHeadAsync(stream, stop) ?? throw new IOException("No answer."));
        if (request.StartsWith("HEAD ", StringComparison.Ordinal) || answer.Status is 204 or 304)
        {
            return answer;
        }

        if (answer.Field("Content-Length") is { } length)
        {
            var body = new byte[int.Parse(length, CultureInfo.InvariantCulture)];
            await stream.ReadExactlyAsync(body, stop);
            return answer with { Body = Encoding.Latin1.GetString(body) };
        }

        using var rest = new MemoryStream();
        await stream.CopyToAsync(rest, stop);
        return answer with { Body = Encoding.Latin1.GetString(rest.ToArray()) };
    }
}
