using System.Net;

namespace Swarm.Lab.Harness;

/// <summary>One whole GET, and how it ended.</summary>
public sealed record Download(int Status, byte[] Body, bool Broken)
{
    public static async Task<Download> GetAsync(Uri url, IPEndPoint? proxy, CancellationToken stop, Action<long>? onProgress = null)
    {
        using var body = new MemoryStream();
        var status = 0;
        try
        {
            using var exchange = await HttpExchange.GetAsync(url, proxy, null, stop);
            status = exchange.Status;
            var buffer = new byte[16 * 1024];
            int n;
            while ((n = await exchange.ReadAsync(buffer, stop)) > 0)
            {
                body.Write(buffer, 0, n);
                onProgress?.Invoke(body.Length);
            }

            return new(status, body.ToArray(), Broken: false);
        }
        catch (IOException)
        {
            return new(status, body.ToArray(), Broken: true);
        }
    }

    public Verdict Judge(ReadOnlySpan<byte> old, ReadOnlySpan<byte> fresh)
    {
        ReadOnlySpan<byte> body = Body;
        if (Broken)
        {
            return old.StartsWith(body) || fresh.StartsWith(body) ? Verdict.Reset : Verdict.Mixed;
        }

        return Status >= 400 ? Verdict.Refused
            : body.SequenceEqual(old) ? Verdict.Old
            : body.SequenceEqual(fresh) ? Verdict.New
            : Verdict.Mixed;
    }
}
