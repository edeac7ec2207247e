using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Swarm.Proxy.Tests.Harness;

/// <summary>A response whose client is a pipe in the test's hands: it takes exactly what the test reads, when it reads.</summary>
internal sealed class PipeExchange : IHttpResponseBodyFeature, IHttpRequestLifetimeFeature, IDisposable
{
    private readonly CancellationTokenSource _aborted = new();
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 32 * 1024, useSynchronizationContext: false));

    public PipeExchange()
    {
        Context = new DefaultHttpContext();
        Context.Features.Set<IHttpResponseBodyFeature>(this);
        Context.Features.Set<IHttpRequestLifetimeFeature>(this);
        RequestAborted = _aborted.Token;
    }

    public HttpContext Context { get; }

    public PipeReader Client => _pipe.Reader;

    public Stream Stream => _pipe.Writer.AsStream();

    public PipeWriter Writer => _pipe.Writer;

    public CancellationToken RequestAborted { get; set; }

    public bool IsAborted => _aborted.IsCancellationRequested;

    public void Abort() => _aborted.Cancel();

    public Task CompleteAsync() => Task.CompletedTask;

    public void DisableBuffering()
    {
    }

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    public void Dispose() => _aborted.Dispose();
}
