using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Swarm.Http;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Tests.Cache;

/// <summary>An origin that is a function; keeps what it was asked.</summary>
internal sealed class ScriptedOrigin(Func<OriginRequest, int, Task<OriginResult>> answer) : IOriginConnection
{
    public static readonly OriginError Gone = new(OriginStage.Connect, OriginParty.Origin, OriginRetry.Later, 502, ProxyError.ConnectionRefused, "Nobody there.");

    private int _count;

    public ConcurrentQueue<OriginRequest> Requests { get; } = new();

    public ScriptedOrigin(Func<OriginRequest, int, OriginResult> answer)
        : this((request, number) => Task.FromResult(answer(request, number)))
    {
    }

    public async ValueTask<OriginResult> SendAsync(OriginRequest request, CancellationToken cancellationToken)
    {
        Requests.Enqueue(request);
        return await answer(request, Interlocked.Increment(ref _count)).WaitAsync(cancellationToken);
    }

    /// <param name="fields">Lines; <c>Content-Length</c> is added unless <paramref name="body"/> is of unknown length.</param>
    public static OriginResult Answer(OriginRequest request, int status, string body, params string[] fields) =>
        Answer(request, status, new MemoryStream(Encoding.Latin1.GetBytes(body)), [.. fields, $"Content-Length: {body.Length.ToString(CultureInfo.InvariantCulture)}"]);

    public static OriginResult Answer(OriginRequest request, int status, Stream body, params string[] fields)
    {
        var all = new HttpFields();
        foreach (var field in fields)
        {
            var colon = field.IndexOf(':', StringComparison.Ordinal);
            all.Add(field[..colon], field[(colon + 1)..]);
        }

        return OriginResult.Of(new OriginAnswer(status, "", all, body, request.Target, null, body));
    }
}
