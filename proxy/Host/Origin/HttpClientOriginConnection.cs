using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using Swarm.Http;

namespace Swarm.Proxy.Origin;

/// <summary>Origins over the framework's HTTP client: those that speak HTTP/2.</summary>
public sealed class HttpClientOriginConnection(OriginTransport transport) : IOriginConnection
{
    private readonly OriginOptions _options = transport.Options;

    public ValueTask<OriginResult> SendAsync(OriginRequest request, CancellationToken cancellationToken) => SendAsync(new OriginSocket(null), request, cancellationToken);

    /// <summary>Over a stream that TLS gave to HTTP/2. If the client has a connection already, that one serves and the stream is closed.</summary>
    internal async ValueTask<OriginResult> SendOverAsync(SslStream stream, OriginRequest request, CancellationToken cancellationToken)
    {
        var socket = new OriginSocket(stream);
        try
        {
            return await SendAsync(socket, request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (socket.TakeDialled() is { } unused)
            {
                await unused.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private async ValueTask<OriginResult> SendAsync(OriginSocket socket, OriginRequest request, CancellationToken cancellationToken)
    {
        using var message = MessageFor(request);
        message.Options.Set(OriginSocket.Key, socket);
        using var late = new CancellationTokenSource(_options.HeaderTimeout, _options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        HttpResponseMessage? response = null;
        try
        {
            response = await transport.Invoker.SendAsync(message, either.Token).ConfigureAwait(false);
            var body = await response.Content.ReadAsStreamAsync(either.Token).ConfigureAwait(false);
            return OriginResult.Of(AnswerOf(response, request.Target, body, socket.RemoteEndPoint));
        }
        catch (OperationCanceledException e)
        {
            response?.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            return OriginResult.Of(e.InnerException is TimeoutException
                ? OriginErrors.ConnectTimeout(request.Target.Authority, _options.ConnectTimeout)
                : OriginErrors.HeaderTimeout(request.Target.Authority, _options.HeaderTimeout));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            response?.Dispose();
            return OriginResult.Of(OriginErrors.From(e, request.Target.Authority, _options.ConnectTimeout));
        }
    }

    internal static OriginAnswer AnswerOf(HttpResponseMessage response, OriginTarget target, Stream body, IPEndPoint? remoteEndPoint) =>
        new((int)response.StatusCode, response.ReasonPhrase ?? "", FieldsOf(response.Headers, response.Content.Headers), body, target, remoteEndPoint, response)
        {
            Protocol = response.Version.Major >= 2 ? "2" : response.Version.ToString(2),
            TrailersAtEnd = () => FieldsOf(response.TrailingHeaders),
        };

    private static HttpRequestMessage MessageFor(OriginRequest request)
    {
        var message = new HttpRequestMessage(new HttpMethod(request.Method), request.Target.ToUri())
        {
            Version = request.Target.IsHttps ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        foreach (var field in request.Fields)
        {
            if (!message.Headers.TryAddWithoutValidation(field.Name, field.Value))
            {
                // The client files these under content; a GET may carry one (Content-Type) without having any.
                message.Content ??= new NoContent();
                message.Content.Headers.TryAddWithoutValidation(field.Name, field.Value);
            }
        }

        return message;
    }

    private static HttpFields FieldsOf(params ReadOnlySpan<HttpHeaders> sections)
    {
        var fields = new HttpFields();
        foreach (var section in sections)
        {
            foreach (var header in section.NonValidated)
            {
                foreach (var value in header.Value)
                {
                    fields.Add(header.Key, value);
                }
            }
        }

        return fields;
    }

    /// <summary>No bytes; it exists to carry fields that the HTTP client keeps with content.</summary>
    private sealed class NoContent : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => Task.CompletedTask;

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return true;
        }
    }
}
