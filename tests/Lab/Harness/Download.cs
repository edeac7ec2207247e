using System.Net;
using System.Net.Sockets;

namespace Swarm.Lab.Harness;

/// <summary>One whole GET, and how it ended.</summary>
public sealed record Download(int Status, byte[] Body, bool Broken)
{
    public static async Task<Download> GetAsync(Uri url, IPEndPoint? proxy, CancellationToken stop, Action<long>? onProgress = null, Func<Socket>? newSocket = null)
    {
        using var body = new MemoryStream();
        var status = 0;
        try
        {
            using var exchange = await HttpExchange.GetAsync(url, proxy, null, stop, newSocket: newSocket);
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

    /// <summary>Whose the blocks of 16 KiB are, in runs: <c>old×93, new×4, neither×1</c>.</summary>
    public string Runs(byte[] old, byte[] fresh)
    {
        const int BlockBytes = 16 * 1024;
        var runs = new List<(string Whose, int Blocks)>();
        for (var at = 0; at < Body.Length; at += BlockBytes)
        {
            var n = Math.Min(BlockBytes, Body.Length - at);
            var block = Body.AsSpan(at, n);
            var whose = at + n > old.Length ? "beyond"
                : block.SequenceEqual(old.AsSpan(at, n)) ? "old"
                : block.SequenceEqual(fresh.AsSpan(at, n)) ? "new"
                : "neither";
            if (runs.Count > 0 && runs[^1].Whose == whose)
            {
                runs[^1] = (whose, runs[^1].Blocks + 1);
            }
            else
            {
                runs.Add((whose, 1));
            }
        }

        return string.Join(", ", runs.Select(r => $"{r.Whose}×{r.Blocks}"));
    }
}
