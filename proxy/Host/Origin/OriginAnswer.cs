using System.Net;
using Swarm.Http;

namespace Swarm.Proxy.Origin;

/// <summary>An origin's final response: status line and fields as received, and the body still on the wire.</summary>
public sealed class OriginAnswer(
    int status,
    string reason,
    HttpFields fields,
    Stream body,
    OriginTarget target,
    IPEndPoint? remoteEndPoint,
    IDisposable connection) : IDisposable
{
    public int Status => status;

    public string Reason => reason;

    /// <summary>In the order received, hop-by-hop fields included: whoever forwards them strips them.</summary>
    public HttpFields Fields => fields;

    /// <summary>The content as framed by the origin; reading throws <see cref="IOException"/> when it breaks before its announced end.</summary>
    public Stream Body => body;

    /// <summary>Trailer fields (RFC 9110 §6.5), once the body's end was read; null where there were none.</summary>
    public HttpFields? Trailers => Under is { } answer ? answer.Trailers : TrailersAtEnd is { } read ? read() : (body as Http1Body)?.Trailers;

    /// <summary>How the trailers are got where the body itself does not tell them.</summary>
    internal Func<HttpFields?>? TrailersAtEnd { get; init; }

    /// <summary>The target that gave this answer: the last one of a redirect chain.</summary>
    public OriginTarget FinalTarget => target;

    /// <summary>The URL that gave this answer.</summary>
    public string FinalUrl => target.Url;

    /// <summary>Some hop of the chain was plain http, so the answer is worth no more than cleartext, whatever its last scheme.</summary>
    public bool ClearTextInChain { get; init; } = !target.IsHttps;

    /// <summary>How many redirects were followed inside.</summary>
    public int Redirects { get; init; }

    /// <summary>The protocol it came by, as Via names it: <c>1.0</c>, <c>1.1</c> or <c>2</c>.</summary>
    public string Protocol { get; init; } = "1.1";

    /// <summary>The end point dialled for this request; null when it went over a connection that was open already.</summary>
    public IPEndPoint? RemoteEndPoint => remoteEndPoint;

    /// <summary>The announced length of the body; null when the origin did not say.</summary>
    public long? ContentLength =>
        fields.Has("Transfer-Encoding") ? null
        : long.TryParse(fields.First("Content-Length"), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var length) ? length
        : null;

    /// <summary>The answer whose body this one reads through another stream.</summary>
    private OriginAnswer? Under { get; init; }

    /// <summary>What the cache between here and the origin did; null where none was asked.</summary>
    public CacheStatus? Cache { get; set; }

    /// <summary>The same answer with its body read through another stream, which is closed with it; this one is no longer to be used.</summary>
    internal OriginAnswer WithBody(Stream through) => new(status, reason, fields, through, target, remoteEndPoint, new Both(through, connection))
    {
        Under = this,
        ClearTextInChain = ClearTextInChain,
        Redirects = Redirects,
        Protocol = Protocol,
        Cache = Cache,
    };

    /// <summary>The same answer as the end of a redirect chain; this one is no longer to be used.</summary>
    internal OriginAnswer WithChain(int redirects, bool clearText) => new(status, reason, fields, body, target, remoteEndPoint, connection)
    {
        ClearTextInChain = clearText,
        Redirects = redirects,
        Protocol = Protocol,
        Cache = Cache,
        Under = Under,
        TrailersAtEnd = TrailersAtEnd,
    };

    /// <summary>Ends the exchange now. An unfinished HTTP/1.1 body takes its connection with it: nothing is drained.</summary>
    public void Abort() => connection.Dispose();

    /// <summary>Returns the connection when the body was read to its end, and aborts otherwise.</summary>
    public void Dispose() => connection.Dispose();

    private sealed class Both(Stream first, IDisposable second) : IDisposable
    {
        public void Dispose()
        {
            first.Dispose();
            second.Dispose();
        }
    }
}
